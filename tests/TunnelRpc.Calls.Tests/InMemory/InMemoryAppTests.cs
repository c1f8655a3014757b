using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.InMemory;

/// <summary>An application's own pipeline, called in memory through <see cref="WebApplicationFactory{TEntryPoint}"/>.</summary>
public sealed class InMemoryAppTests : IAsyncLifetime
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private readonly WebApplicationFactory<Program> _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(
        builder => builder.UseContentRoot(AppContext.BaseDirectory)
            .ConfigureTestServices(services => services.AddSingleton<IGreeter, BriefGreeter>()));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _factory.DisposeAsync();

    [Theory]
    [InlineData("websocket")]
    [InlineData("two-connection")]
    [InlineData("http2-post")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task Transport_carries_calls_callbacks_and_streams_in_memory(string transport)
    {
        await using TunnelClient client = await ConnectAsync(transport);

        await CallAsync(client);

        client.Transport.ShouldBe(transport);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("reverse-http")]
    [InlineData("extended-connect")]
    public async Task Transport_that_needs_a_raw_connection_reports_that_the_handler_cannot_open_one(string transport)
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => ConnectAsync(transport));

        error.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldContain(
            "the handler of HttpMessageHandlerFactory does not support them, as those of TestServer do not");
    }

    [Fact]
    public async Task WebSocket_without_a_factory_reports_the_option_to_set()
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => ConnectAsync("websocket", o => o.WebSocketFactory = null));

        error.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldContain("Set WebSocketFactory");
    }

    [Fact]
    public async Task Negotiation_finds_the_best_transport_in_memory()
    {
        await using TunnelClient client = await ConnectAsync(null);

        await CallAsync(client);

        client.Report!.Winner!.Transport.ShouldBe("websocket");
        client.Report.Attempts.ShouldAllBe(a => a.Addresses.Count == 0);
    }

    [Fact]
    public async Task Negotiation_without_WebSockets_finds_a_transport_of_requests()
    {
        await using TunnelClient client = await ConnectAsync(null, o => o.WebSocketFactory = null);

        await CallAsync(client);

        client.Report!.Winner!.Transport.ShouldBe("two-connection");
    }

    [Theory]
    [InlineData("websocket", "WebSocketFactory failed: Incomplete handshake, status code: 403")]
    [InlineData("two-connection", "403")]
    public async Task Headers_reach_the_pipeline_of_the_application(string transport, string reason)
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => ConnectAsync(transport, o => o.Headers["X-Key"] = "wrong"));

        error.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldContain(reason);
    }

    [Fact]
    public async Task Server_calls_a_client_in_memory_at_any_time()
    {
        await using TunnelClient client = await ConnectAsync(null);

        string answer = await _factory.Services.GetRequiredService<ITunnelClients<IVisitor>>()
            .Session(client.SessionId!).AnswerAsync("Are you there?").WaitAsync(HangTimeout);

        answer.ShouldBe("Are you there? Yes.");
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("two-connection")]
    [InlineData("http2-post")]
    [InlineData("long-poll")]
    public async Task Disposal_of_the_client_ends_its_session_in_memory(string transport)
    {
        TunnelServer server = _factory.Services.GetRequiredService<TunnelServer>();
        TunnelClient client = await ConnectAsync(transport);
        server.SessionIds.ShouldBe([client.SessionId!]);

        await client.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        using CancellationTokenSource timeout = new(HangTimeout);
        while (server.SessionIds.Count > 0)
        {
            await Task.Delay(10, timeout.Token);
        }
    }

    [Theory]
    [InlineData("upgrade", "HttpMessageHandlerFactory failed: no handler today")]
    [InlineData("long-poll", "HttpMessageHandlerFactory failed: no handler today")]
    [InlineData("websocket", "WebSocketFactory failed: no socket today")]
    public async Task Exception_of_a_factory_is_the_reason_of_the_attempt(string transport, string reason)
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => ConnectAsync(transport, o =>
        {
            o.HttpMessageHandlerFactory = () => throw new InvalidOperationException("no handler today");
            o.WebSocketFactory = (_, _) => throw new InvalidOperationException("no socket today");
        }));

        error.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldContain(reason);
    }

    [Fact]
    public async Task WebSocket_without_the_subprotocol_is_refused_with_the_reason()
    {
        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => ConnectAsync(
            "websocket",
            o => o.WebSocketFactory = (request, cancellationToken) =>
                _factory.Server.CreateWebSocketClient().ConnectAsync(request.Address, cancellationToken)));

        error.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldContain(
            "WebSocketFactory failed: Incomplete handshake, status code: 400");
    }

    [Fact]
    public void Proxy_and_handlers_cannot_be_set_together()
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri("http://localhost/tunnel"),
            Proxy = new Uri("http://proxy.test:3128"),
            HttpMessageHandlerFactory = _factory.Server.CreateHandler,
        };

        Should.Throw<ArgumentException>(() => new TunnelClient(options)).Message.ShouldContain("HttpMessageHandlerFactory");
    }

    private static async Task CallAsync(TunnelClient client)
    {
        IDesk desk = client.Get<IDesk>();
        (await desk.GreetAsync("Ada").WaitAsync(HangTimeout)).ShouldBe("Hi Ada");
        (await desk.AskBackAsync("Ready?").WaitAsync(HangTimeout)).ShouldBe("Ready? Yes.");
        int next = 0;
        await foreach (int number in desk.CountAsync(1000).WithCancellation(CancellationToken.None))
        {
            number.ShouldBe(next++);
        }

        next.ShouldBe(1000);
        (await desk.SumAsync(NumbersAsync(1000)).WaitAsync(HangTimeout)).ShouldBe(499_500);
        byte[] large = new byte[1024 * 1024];
        Random.Shared.NextBytes(large);
        (await desk.EchoAsync(large).WaitAsync(HangTimeout)).ShouldBe(large);
    }

    private static async IAsyncEnumerable<int> NumbersAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private async Task<TunnelClient> ConnectAsync(string? transport, Action<TunnelClientOptions>? configure = null)
    {
        TestServer server = _factory.Server;
        return await TunnelClient.ConnectAsync(new Uri(server.BaseAddress, "/tunnel"), options =>
        {
            options.ConnectTimeout = TimeSpan.Zero;
            options.HttpMessageHandlerFactory = server.CreateHandler;
            options.WebSocketFactory = (request, cancellationToken) =>
            {
                WebSocketClient webSockets = server.CreateWebSocketClient();
                webSockets.SubProtocols.Add(request.Subprotocol);
                webSockets.ConfigureRequest = r =>
                {
                    foreach ((string name, string value) in request.Headers)
                    {
                        r.Headers[name] = value;
                    }
                };
                return webSockets.ConnectAsync(request.Address, cancellationToken);
            };
            options.Serve<IVisitor>(new Visitor());
            if (transport is not null)
            {
                options.Transports.Clear();
                options.Transports.Add(HttpTransports.Default.Single(t => t.Name == transport));
            }

            configure?.Invoke(options);
        }).WaitAsync(HangTimeout);
    }

    private sealed class BriefGreeter : IGreeter
    {
        public string Greet(string name) => $"Hi {name}";
    }
}
