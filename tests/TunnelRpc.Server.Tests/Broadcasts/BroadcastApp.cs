using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>
/// A real server that broadcasts to its clients. The server has a fake clock, its clients the system's: so a client acknowledges while the
/// clock of the server stands still.
/// </summary>
internal sealed class BroadcastApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MeterListener _listener = new();

    private BroadcastApp(WebApplication app, FakeTimeProvider time, RecordingLoggerFactory log)
    {
        _app = app;
        Time = time;
        Log = log;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "TunnelRpc" && instrument.Name.StartsWith("tunnelrpc.broadcasts", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string policy = "";
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                policy = tag.Key == "tunnelrpc.policy" ? (string)tag.Value! : policy;
            }

            Counted.AddOrUpdate($"{instrument.Name["tunnelrpc.broadcasts.".Length..]} {policy}".Trim(), value, (_, old) => old + value);
        });
        _listener.Start();
    }

    public FakeTimeProvider Time { get; }

    public RecordingLoggerFactory Log { get; }

    /// <summary>What the metrics of broadcasts have counted in this process since the start of the application.</summary>
    public ConcurrentDictionary<string, long> Counted { get; } = new();

    public TunnelServer Server => _app.Services.GetRequiredService<TunnelServer>();

    public ITunnelClients<ITicker> Members => _app.Services.GetRequiredService<ITunnelClients<ITicker>>();

    public ITunnelGroups Groups => _app.Services.GetRequiredService<ITunnelGroups>();

    public static async Task<BroadcastApp> StartAsync(Action<TunnelServerOptions>? configure = null)
    {
        var time = new FakeTimeProvider();
        var log = new RecordingLoggerFactory();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.Services.AddTunnelRpc(options =>
        {
            options.TimeProvider = time;
            configure?.Invoke(options);
        });
        WebApplication app = builder.Build();
        app.MapTunnelRpc("/tunnel");
        await app.StartAsync();
        return new BroadcastApp(app, time, log);
    }

    /// <summary>Connects a member over the transport upgrade.</summary>
    public async Task<BroadcastMember> ConnectAsync(string name, Action<TunnelClientOptions>? configure = null)
    {
        var ticker = new Ticker(name);
        PausableTransport? transport = null;
        TunnelClient client = await TunnelClient.ConnectAsync(
            new Uri(_app.Urls.First() + "/tunnel"),
            options =>
            {
                transport = new PausableTransport(options.Transports.Single(t => t.Name == "upgrade"));
                options.Transports.Clear();
                options.Transports.Add(transport);
                options.KeepAliveInterval = TimeSpan.FromHours(1);
                options.Serve<ITicker>(ticker);
                configure?.Invoke(options);
            });
        return new BroadcastMember(client, ticker, transport!);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _app.DisposeAsync();
    }
}
