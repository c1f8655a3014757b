using Shouldly;
using TunnelRpc.Multiplexing;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>
/// Peers that make a server write logs: the entries are limited for each cause and peer, and the log says how many there were.
/// </summary>
public sealed class LogFloodTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Fifty_thousand_calls_of_unknown_methods_are_logged_a_hundred_times_and_counted()
    {
        const int Calls = 50_000;
        var clock = new FakeTimeProvider();
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(new Workbench()), options => options.TimeProvider = clock);
        await using RawSession attacker = await RawSession.ConnectAsync(app.Address());

        ulong stream = 1;
        for (int sent = 0; sent < Calls; sent += 500)
        {
            List<byte> frames = [];
            for (int i = 0; i < 500; i++, stream += 2)
            {
                frames.AddRange(Wire.Frame(FrameType.Call, FrameFlags.End | FrameFlags.OneWay, stream, 1, 2, 3, 4));
            }

            await attacker.Peer.SendAsync(RecordType.Data, [.. frames]);
        }

        // Answered after all calls before it.
        await attacker.Peer.SendFrameAsync(FrameType.Call, FrameFlags.End, stream, 1, 2, 3, 4);
        await attacker.Peer.ReadFrameOfAsync(stream);
        string[] refusals = [.. app.Log.Lines.Where(line => line.Contains("one-way call was refused", StringComparison.Ordinal))];
        clock.Advance(Interval);
        string summary = app.Log.Lines.Single(line => line.Contains("were suppressed", StringComparison.Ordinal));

        refusals.Length.ShouldBe(100);
        refusals.Sum(line => line.Length).ShouldBeLessThan(100 << 10);
        summary.ShouldContain($"{Calls - 100} further log entries OneWayRefused were suppressed");
        summary.ShouldContain("127.0.0.1");
    }

    [Fact]
    public async Task Failed_handshakes_of_one_address_are_logged_a_hundred_times_and_others_still_are()
    {
        const int Handshakes = 150;
        var clock = new FakeTimeProvider();
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(new Workbench()), options => options.TimeProvider = clock);

        for (int i = 0; i < Handshakes; i++)
        {
            await using RawSession attacker = await RawSession.OpenPathAsync(app.Address());
            await attacker.Peer.SendAsync(RecordType.Hello, 1, 2, 3);
            await attacker.Peer.DrainAsync();
        }

        int Count(string text) => app.Log.Lines.Count(line => line.Contains(text, StringComparison.Ordinal));
        await using RawSession honest = await RawSession.ConnectAsync(app.Address());
        Count("A handshake over").ShouldBe(100);
        Count(" started over ").ShouldBe(1);
        clock.Advance(Interval);
        Count("further log entries HandshakeFailed").ShouldBe(1);

        // The next interval.
        await using RawSession again = await RawSession.OpenPathAsync(app.Address());
        await again.Peer.SendAsync(RecordType.Hello, 1, 2, 3);
        await again.Peer.DrainAsync();
        Count("A handshake over").ShouldBe(101);
    }
}
