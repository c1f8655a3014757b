using System.Diagnostics;
using System.Net;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace Quickstart;

/// <summary>Runs the same calls over one transport after another.</summary>
internal sealed class Demo(Uri? proxy, string? transport)
{
    private const int RoundTrips = 200;

    // With https, one address serves these transports too: ALPN selects HTTP/1.1 or HTTP/2.
    private static readonly string[] Http2Transports = ["extended-connect", "http2-post"];

    public static IEnumerable<string> TransportNames => HttpTransports.Default.Select(t => t.Name);

    /// <summary>Starts a server in this process and shows every transport, then the negotiated one.</summary>
    public async Task<IReadOnlyList<DemoRun>> RunEmbeddedAsync(CancellationToken cancellationToken)
    {
        await using WebApplication server = await OfficeServer.StartOnTwoPortsAsync(cancellationToken);
        Uri[] addresses = [.. server.Urls.Select(url => new Uri(url))];
        var runs = new List<DemoRun>();
        foreach (string name in transport is null ? TransportNames : [transport])
        {
            // The transport "connect" needs an HTTP proxy: the demonstration starts a small one.
            await using LoopbackProxy? own = name == "connect" && proxy is null ? LoopbackProxy.Start() : null;
            runs.Add(
                await new Demo(own?.Address ?? proxy, name).RunOnceAsync(Http2Transports.Contains(name)
                    ? addresses[1]
                    : addresses[0], cancellationToken));
        }

        if (transport is null)
        {
            runs.Add(await new Demo(proxy, null).RunOnceAsync(addresses[0], cancellationToken));
        }

        await server.StopAsync(cancellationToken);
        return runs;
    }

    /// <summary>Connects to a server and shows the calls.</summary>
    public async Task<DemoRun> RunOnceAsync(Uri server, CancellationToken cancellationToken)
    {
        string requested = transport ?? "negotiated";
        var address = new Uri(server, server.AbsolutePath == "/" ? OfficeServer.Path : server.AbsolutePath);
        try
        {
            await using TunnelClient tunnel = await TunnelClient.ConnectAsync(address, Configure, cancellationToken: cancellationToken);
            IOffice office = tunnel.Get<IOffice>();
            List<DemoStep> steps =
            [
                await ShowAsync("unary call", async () => (await office.GreetAsync("world", 2, cancellationToken)).Text),
                await ShowAsync("server stream", async () => $"{await CountAsync(office, cancellationToken):N0} items in order"),
                await ShowAsync("callback", async () => $"the client said {await office.AskBackAsync("the answer?", cancellationToken)}"),
                await ShowAsync(
                    "callback stream", async () => $"the server summed 1 to 100: {await office.SumBackAsync(100, cancellationToken):N0}"),
            ];
            return new DemoRun(requested, tunnel.Report!, steps, await MeasureAsync(office, cancellationToken));
        }
        catch (TunnelConnectException noPath)
        {
            return new DemoRun(requested, noPath.Report, [], null);
        }
    }

    private void Configure(TunnelClientOptions options)
    {
        options.Serve<IWorker>(new Worker());

        // An application waits up to 30 s for its server by default. The demonstration fails at once.
        options.ConnectTimeout = TimeSpan.Zero;
        if (proxy is not null)
        {
            options.Proxy = new Uri(proxy.GetLeftPart(UriPartial.Authority).Replace(proxy.UserInfo + "@", "", StringComparison.Ordinal));
            if (proxy.UserInfo.Split(':', 2) is [var user, var password])
            {
                options.ProxyCredentials = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
            }
        }

        if (transport is not null)
        {
            ITransport only = options.Transports.First(t => t.Name == transport);
            options.Transports.Clear();
            options.Transports.Add(only);
        }
    }

    private static async Task<DemoStep> ShowAsync(string call, Func<Task<string>> run)
    {
        long start = Stopwatch.GetTimestamp();
        string result = await run();
        return new DemoStep(call, result, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private static async Task<int> CountAsync(IOffice office, CancellationToken cancellationToken)
    {
        int expected = 0;
        await foreach (Tick tick in office.CountAsync(1000, cancellationToken))
        {
            if (tick.Number != ++expected)
            {
                throw new InvalidOperationException($"Expected tick {expected}, got {tick.Number}.");
            }
        }

        return expected;
    }

    private static async Task<double> MeasureAsync(IOffice office, CancellationToken cancellationToken)
    {
        double[] micros = new double[RoundTrips];
        for (int i = 0; i < RoundTrips; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await office.GreetAsync("world", 1, cancellationToken);
            micros[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(micros);
        return micros[RoundTrips / 2];
    }
}
