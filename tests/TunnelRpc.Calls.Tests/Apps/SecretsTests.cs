using System.Buffers.Text;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Servers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>Passwords, tokens and session keys are in no log, exception or report.</summary>
public sealed class SecretsTests
{
    private const string ProxyPassword = "proxy-secret";
    private const string Authorization = "Bearer header-secret";

    public static TheoryData<string> Transports => ["connect", "two-connection", "n-plus-one", "long-poll"];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Secrets_are_in_no_log_exception_or_report(string transport)
    {
        var log = new RecordingLoggerFactory();
        await using WebApplication server = await StartAsync(log);
        await using ConnectProxy proxy = ConnectProxy.Start(new NetworkCredential("ann", ProxyPassword));
        List<string> texts = [];
        List<byte[]> keys = [];
        await using (TunnelClient client = Create(server, proxy, transport, ProxyPassword, log))
        {
            await client.ConnectAsync().DefaultTimeout();
            ITestService stub = client.Get<ITestService>();
            (await stub.AddAsync(1, 2).AsTask().DefaultTimeout()).ShouldBe(3);
            keys.Add(client.CurrentPeer!.Session.Parameters.Ticket.Key);
            texts.Add(client.Report!.ToString());
            await MigrateAsync(client, proxy, transport);
            (await stub.AddAsync(2, 2).AsTask().DefaultTimeout()).ShouldBe(4);
            texts.Add((await Xunit.Record.ExceptionAsync(() => stub.FailAsync("unhandled").DefaultTimeout())).ShouldNotBeNull().ToString());

            proxy.Cut();
            if (await Xunit.Record.ExceptionAsync(() => stub.AddAsync(3, 2).AsTask().DefaultTimeout()) is { } error)
            {
                texts.Add(error.ToString());
            }

            texts.Add(client.Report!.ToString());
        }

        await using (TunnelClient refused = Create(server, proxy, transport, "other-" + ProxyPassword, log))
        {
            texts.Add((await Xunit.Record.ExceptionAsync(() => refused.ConnectAsync().DefaultTimeout())).ShouldNotBeNull().ToString());
        }

        string[] heads = [.. proxy.Heads];
        string[] keysOnTheWire =
        [
            .. from line in heads.SelectMany(head => head.Split("\r\n"))
               where line.StartsWith("TunnelRpc-Key: ", StringComparison.Ordinal)
                   || line.StartsWith("TunnelRpc-Proof: ", StringComparison.Ordinal)
               select line.Split(": ")[1],
        ];
        string[] secrets =
        [
            ProxyPassword, "header-secret", Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{ProxyPassword}")), .. keysOnTheWire,
            .. keys.SelectMany(key => (string[])[
                Convert.ToHexString(key), Convert.ToBase64String(key), Base64Url.EncodeToString(key), string.Join(", ", key)]),
        ];
        (transport == "connect" || keysOnTheWire.Length > 0).ShouldBeTrue(
            "Expected at least one key or proof in the requests, so that the test looks for it.");
        log.Lines.ShouldContain(line => line.Contains(transport, StringComparison.Ordinal));
        foreach (string text in texts.Concat(log.Lines).Concat(heads.Select(head => head.Split("\r\n")[0])))
        {
            secrets.ShouldAllBe(secret => !text.Contains(secret, StringComparison.OrdinalIgnoreCase), text);
        }
    }

    private static async Task<WebApplication> StartAsync(RecordingLoggerFactory log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddTunnelRpc()
            .AddService<ITestService>(new TestService(() => TunnelCallContext.Current!.GetCallback<ITestService>()));
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        return app;
    }

    private static TunnelClient Create(
        WebApplication server, ConnectProxy proxy, string transport, string password, RecordingLoggerFactory log)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri(server.Urls.First() + "/tunnel"),
            ConnectTimeout = TimeSpan.Zero,
            Proxy = proxy.Address,
            ProxyCredentials = new NetworkCredential("ann", password),
        };
        options.Headers["Authorization"] = Authorization;
        options.Transports.Clear();
        options.Transports.Add(CreateTransport(transport));
        return new TunnelClient(options, log);
    }

    private static async Task MigrateAsync(TunnelClient client, ConnectProxy proxy, string transport)
    {
        TunnelSession session = client.CurrentPeer!.Session;
        var endpoint = new TunnelEndpoint(client.Report!.Address)
        {
            Proxy = proxy.Address,
            ProxyCredentials = new NetworkCredential("ann", ProxyPassword),
            Headers = [new("Authorization", Authorization)],
        };
        using PathMigration migration = session.Paths.BeginMigration();
        ITransportConnection connection = await CreateTransport(transport).ConnectAsync(endpoint, CancellationToken.None).DefaultTimeout();
        ResumeResult path =
            await SessionHandshake.ResumeAsync(connection, session, new TunnelLimits(), null, CancellationToken.None).DefaultTimeout();
        (await session.Paths
            .AttachAsync(connection, path.ReceiveBuffer, path.Epoch, path.AcknowledgedOffset).DefaultTimeout()).ShouldNotBeNull();
    }

    private static ITransport CreateTransport(string transport) => transport switch
    {
        "connect" => new ConnectTransport(),
        "two-connection" => new TwoConnectionTransport(),
        "n-plus-one" => new NPlusOneTransport(),
        _ => new LongPollTransport(),
    };
}
