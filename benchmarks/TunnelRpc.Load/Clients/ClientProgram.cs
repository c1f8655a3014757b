using System.Globalization;
using System.Net;
using System.Text.Json;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Framing;
using TunnelRpc.Load.Http;
using TunnelRpc.Load.Measures;
using TunnelRpc.Load.Raw;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Clients;

/// <summary>
/// The client in a child process. It prints a line when its first call has completed. If the duration is not zero, it then calls for this
/// duration and prints the figures.
/// </summary>
internal static class ClientProgram
{
    public static async Task<int> RunAsync(string system, string port, string seconds)
    {
        ParentInput.Open().Closed.UnsafeRegister(_ => Environment.Exit(1), null);
        int number = int.Parse(port, CultureInfo.InvariantCulture);
        var duration = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        return system switch
        {
            SystemNames.RawTcp => await RunRawAsync(number, duration),
            SystemNames.TunnelRpc => await RunTunnelAsync(number, duration),
            SystemNames.Http => await RunHttpAsync(number, duration),
            _ => throw new ArgumentException($"Expected a system whose cold start is measured, got '{system}'.", nameof(system)),
        };
    }

    private static async Task<int> RunRawAsync(int port, TimeSpan duration)
    {
        await using FrameChannel channel = await RawChannel.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        var peer = new FramePeer(channel);
        _ = peer.RunAsync();
        return await CallAsync(() => peer.EchoAsync(Sample.One), duration);
    }

    private static async Task<int> RunTunnelAsync(int port, TimeSpan duration)
    {
        await using TunnelClient client = await TunnelTarget.ConnectAsync(port, TunnelTarget.MainTransport);
        ILoadService service = client.Get<ILoadService>();
        return await CallAsync(() => service.EchoAsync(Sample.One), duration);
    }

    private static async Task<int> RunHttpAsync(int port, TimeSpan duration)
    {
        using HttpClient client = HttpEcho.CreateClient(port, isHttp2: false);
        return await CallAsync(() => HttpEcho.CallAsync(client), duration);
    }

    private static async Task<int> CallAsync(Func<ValueTask<Sample>> call, TimeSpan duration)
    {
        Sample echo = await call();
        Console.WriteLine(echo.Id);
        ParentInput.IgnoreInterrupts();
        if (duration > TimeSpan.Zero)
        {
            await MeasureThroughputAsync(call, duration);
        }

        return 0;
    }

    private static async Task MeasureThroughputAsync(Func<ValueTask<Sample>> call, TimeSpan duration) =>
        Console.WriteLine(JsonSerializer.Serialize(
            await CallLoop.RunAsync(call, UnaryMeasure.DefaultConcurrency, duration), ControlJson.Default.Figures));
}
