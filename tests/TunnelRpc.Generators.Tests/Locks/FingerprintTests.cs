using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>Client and server with different versions of a contract, through Kestrel.</summary>
public sealed class FingerprintTests
{
    private static readonly ContractVersion Old = new(
        "Task<int> GetAsync(int id); Task<int> DropAsync(int id);",
        "public Task<int> GetAsync(int id) => Task.FromResult(id); public Task<int> DropAsync(int id) => Task.FromResult(-id);",
        """
        try { return "got " + await contract.DropAsync(5); } catch (TunnelException error) { return error.Status + ": " + error.Message; }
        """);

    private static readonly ContractVersion WithoutDrop = new(
        "Task<int> GetAsync(int id);",
        "public Task<int> GetAsync(int id) => Task.FromResult(id);",
        "return \"got \" + await contract.GetAsync(5);");

    private static readonly ContractVersion Retyped = Old with
    {
        Methods = "Task<int> GetAsync(int id); Task<int> DropAsync(System.Guid id);",
        Body = "public Task<int> GetAsync(int id) => Task.FromResult(id); "
            + "public Task<int> DropAsync(System.Guid id) => Task.FromResult(0);",
        Call = "return \"got \" + await contract.DropAsync(System.Guid.Empty);",
    };

    private static readonly ContractVersion Renamed = Old with
    {
        Methods = "Task<int> GetAsync(int key); Task<int> DropAsync(int id);",
        Body = Old.Body.Replace(
            "GetAsync(int id) => Task.FromResult(id)", "GetAsync(int key) => Task.FromResult(key)", StringComparison.Ordinal),
    };

    private static readonly ContractVersion Callback = new(
        "Task<string> AskAsync();",
        """
        public async Task<string> AskAsync()
        {
            try { return await caller.Callback.NameAsync(1); } catch (TunnelException error) { return error.Status + ": " + error.Message; }
        }
        """,
        "return await contract.AskAsync();")
    {
        Attributes = "[TunnelService(Name = \"shop\", Callback = typeof(IScreen))]",
        Types = """
            [TunnelService(Name = "screen")] public partial interface IScreen { Task<string> NameAsync(int id); }
            public sealed class Screen : IScreen { public Task<string> NameAsync(int id) => Task.FromResult("screen"); }
            """,
        Injected = "ITunnelCaller<IScreen> caller",
        Configure = "options.Serve<IScreen>(new Screen());",
    };

    private static readonly ContractVersion OtherCallback = Callback with
    {
        Types = Callback.Types.Replace("NameAsync(int id)", "NameAsync(System.Guid id)", StringComparison.Ordinal),
        Body = Callback.Body.Replace("NameAsync(1)", "NameAsync(System.Guid.Empty)", StringComparison.Ordinal),
    };

    [Fact]
    public async Task Same_version_logs_nothing()
    {
        Meeting meeting = await MeetAsync(Old, Old, expectsLog: false);

        meeting.Outcome.ShouldBe("got -5");
        meeting.Server.ShouldBeEmpty();
        meeting.Client.ShouldBeEmpty();
    }

    [Fact]
    public async Task Removed_method_is_logged_on_both_sides_once_and_named_by_the_call_that_fails()
    {
        Meeting meeting = await MeetAsync(Old, WithoutDrop, expectsLog: true);

        meeting.Outcome.ShouldStartWith("Unimplemented: ");
        meeting.Outcome.ShouldContain("The peer has another version of the contract shop");
        const string Difference = "The method 'shop/DropAsync' is removed: an older client still calls it, and gets Unimplemented.";
        meeting.Server.ShouldHaveSingleItem().ShouldContain(Difference);
        meeting.Client.ShouldHaveSingleItem().ShouldContain(Difference);
        meeting.SecondOutcome.ShouldContain(Difference);
    }

    [Fact]
    public async Task Retyped_parameter_is_named_by_the_call_that_fails()
    {
        Meeting meeting = await MeetAsync(Old, Retyped, expectsLog: true);

        meeting.SecondOutcome.ShouldStartWith("InvalidArgument: ");
        meeting.SecondOutcome.ShouldContain("int32 became guid");
        meeting.Server.ShouldHaveSingleItem().ShouldStartWith("Warning");
    }

    [Fact]
    public async Task Difference_that_affects_nobody_is_not_logged()
    {
        Meeting meeting = await MeetAsync(Old, Renamed, expectsLog: false);

        meeting.Outcome.ShouldBe("got -5");
        meeting.Server.ShouldBeEmpty();
        meeting.Client.ShouldBeEmpty();
    }

    [Fact]
    public async Task Callback_of_another_version_is_named_by_the_servers_call_that_fails()
    {
        Meeting meeting = await MeetAsync(Callback, OtherCallback, expectsLog: true);

        meeting.SecondOutcome.ShouldStartWith("InvalidArgument: ");
        meeting.SecondOutcome.ShouldContain("The peer has another version of the contract screen");
        meeting.Client.ShouldHaveSingleItem().ShouldContain("screen");
    }

    [Fact]
    public async Task Service_whose_calls_need_authorization_shows_no_differences_to_the_client()
    {
        Meeting meeting = await MeetAsync(
            Old, WithoutDrop with { Serve = "server.AddService<IShop, Shop>().RequireAuthorization();" }, expectsLog: true);

        meeting.Server.ShouldHaveSingleItem().ShouldContain("DropAsync");
        meeting.Client.ShouldHaveSingleItem().ShouldContain("only the server's log has the differences");
        meeting.SecondOutcome.ShouldStartWith("Unimplemented: ");
        meeting.SecondOutcome.ShouldEndWith("The peer has another version of the contract shop. The logs have the differences.");
    }

    private static async Task<Meeting> MeetAsync(
        ContractVersion clientVersion, ContractVersion serverVersion, bool expectsLog)
    {
        using ContractPeer clientPeer = ContractPeer.Create(clientVersion);
        using ContractPeer serverPeer = ContractPeer.Create(serverVersion);
        var serverLog = new VersionLog();
        var clientLog = new VersionLog();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(serverLog);
        builder.Services.AddAuthorization();
        serverPeer.Serve(builder.Services.AddTunnelRpc());
        await using WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddProvider(clientLog));
        var options = new TunnelClientOptions { Address = new Uri(app.Urls.First() + "/tunnel") };
        clientPeer.Configure(options);
        await using var client = new TunnelClient(options, loggers);

        string outcome = await clientPeer.CallAsync(client);
        if (expectsLog)
        {
            await WaitAsync(() => !serverLog.Entries.IsEmpty && !clientLog.Entries.IsEmpty);
        }

        string second = await clientPeer.CallAsync(client);

        // A second client with the same version is compared and not logged again.
        await using (var other = new TunnelClient(options, null))
        {
            await clientPeer.CallAsync(other);
        }

        await client.DisposeAsync();
        return new Meeting(outcome, second, [.. serverLog.Entries], [.. clientLog.Entries]);
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(10, timeout.Token);
        }
    }

    private sealed record Meeting(string Outcome, string SecondOutcome, string[] Server, string[] Client);

    /// <summary>The entries about versions of contracts.</summary>
    private sealed class VersionLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = formatter(state, exception);
            if (text.Contains("different versions of the contract", StringComparison.Ordinal))
            {
                Entries.Enqueue($"{logLevel}: {text}");
            }
        }

        public void Dispose()
        {
        }
    }
}
