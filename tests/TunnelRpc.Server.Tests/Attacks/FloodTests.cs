using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Tracking;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>Floods of a real server by a client on a raw connection, while another client makes calls.</summary>
public sealed class FloodTests
{
    private const int Frames = 50_000;
    private const int Pings = 500_000;
    private const int Handshakes = 2_000;

    [Fact]
    public async Task Fifty_thousand_calls_that_are_opened_and_cancelled_leave_nothing_and_end_no_session()
    {
        await using ServerApp app = await ServerApp.StartAsync(server => server.AddService<IVault>(new OpenVault()));
        await using TunnelClient honest = await app.ConnectAsync("ann");
        await using RawSession attacker = await RawSession.ConnectAsync(app.Address());
        string attackerId = app.Server.SessionIds.Single(id => id != honest.SessionId);
        byte[] method = BitConverter.GetBytes(MethodId());
        Array.Reverse(method);
        Task<ulong> lastPong = ReadPongsAsync(attacker.Peer, 1);

        Task calling = CallUntilAsync(honest, out Func<int> calls, out Action stop);
        for (int i = 0; i < Frames; i += 1000)
        {
            byte[] frames = [.. Enumerable.Range(i, 1000).SelectMany(n => (byte[])
            [
                .. Wire.Frame(FrameType.Call, FrameFlags.End, (ulong)(2 * n) + 1, [.. method, 0x90]),
                .. Wire.Frame(FrameType.Cancel, FrameFlags.None, (ulong)(2 * n) + 1, (byte)TunnelStatus.Cancelled),
            ])];
            await attacker.Peer.SendAsync(RecordType.Data, frames);
        }

        // The pong follows all frames: no call is started later.
        await attacker.Peer.SendAsync(Wire.Number(RecordType.Ping, 1));
        await lastPong.DefaultTimeout();
        TunnelPeerState state = await ReadStateAsync(app, attackerId);
        await Eventually.TrueAsync(() => calls() > 0);
        stop();
        await calling;

        state.ShouldBe(new TunnelPeerState(OpenStreams: 0, IncomingCalls: 0, AccountedCallBytes: 0));
        app.Server.SessionIds.Order().ShouldBe(new[] { attackerId, honest.SessionId! }.Order());
        app.Log.Lines.ShouldNotContain(l => l.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Half_a_million_pings_are_answered_and_delay_no_other_session()
    {
        await using ServerApp app = await ServerApp.StartAsync(server => server.AddService<IVault>(new OpenVault()));
        await using TunnelClient honest = await app.ConnectAsync("ann");
        await using RawSession attacker = await RawSession.ConnectAsync(app.Address());
        Task calling = CallUntilAsync(honest, out Func<int> calls, out Action stop);
        Task<ulong> lastPong = ReadPongsAsync(attacker.Peer, Pings);

        for (int i = 0; i < Pings; i += 5000)
        {
            byte[] pings = [.. Enumerable.Range(i + 1, 5000).SelectMany(n => Wire.Number(RecordType.Ping, (ulong)n))];
            await attacker.Peer.SendAsync(pings);
        }

        (await lastPong.DefaultTimeout()).ShouldBe((ulong)Pings);
        stop();
        await calling;
        calls().ShouldBeGreaterThan(0);
        app.Server.SessionIds.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Two_thousand_handshakes_that_are_held_open_delay_no_client_and_time_out()
    {
        var time = new FakeTimeProvider();
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault>(new OpenVault()),
            options =>
            {
                options.TimeProvider = time;
                options.KeepAliveInterval = TimeSpan.FromHours(12);
            });
        byte[] request = Encoding.ASCII.GetBytes("GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tunnelrpc\r\n\r\n");
        Socket[] held = await Task.WhenAll(Enumerable.Range(0, Handshakes).Select(async _ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, app.Address().Port).DefaultTimeout();
            await socket.SendAsync(request).DefaultTimeout();
            (await socket.ReceiveAsync(new byte[256]).DefaultTimeout()).ShouldBeGreaterThan(0);
            return socket;
        }));
        await WaitUntilAsync(() => ((ILiveObject)app.Server).DescribeState().Contains($"{Handshakes} pending handshakes"));

        await using TunnelClient client = await app.ConnectAsync("ann", "upgrade");
        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        time.Advance(TimeSpan.FromSeconds(10));
        int[] ends = await Task.WhenAll(held.Select(async socket =>
        {
            using (socket)
            {
                return await socket.ReceiveAsync(new byte[256]).DefaultTimeout();
            }
        }));

        ends.ShouldAllBe(count => count == 0);
        (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        app.Server.SessionIds.ShouldBe([client.SessionId!]);
    }

    private static uint MethodId()
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes($"{typeof(IVault).FullName}/{nameof(IVault.LookAsync)}"))
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }

    private static async Task<ulong> ReadPongsAsync(RawPeer peer, int last)
    {
        ulong nonce = 0;
        while (nonce < (ulong)last)
        {
            nonce = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(await peer.ReadRecordAsync(RecordType.Pong));
        }

        return nonce;
    }

    /// <summary>Makes one call after the other, until it is stopped. Each must succeed.</summary>
    private static Task CallUntilAsync(TunnelClient client, out Func<int> calls, out Action stop)
    {
        int made = 0;
        bool isStopped = false;
        calls = () => Volatile.Read(ref made);
        stop = () => Volatile.Write(ref isStopped, true);
        return Task.Run(async () =>
        {
            while (!Volatile.Read(ref isStopped))
            {
                (await client.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
                Interlocked.Increment(ref made);
            }
        });
    }

    /// <summary>Waits until nothing of a session is left to do.</summary>
    private static async Task<TunnelPeerState> ReadStateAsync(ServerApp app, string session)
    {
        Calls.TunnelPeer peer = app.Server.FindSession(session)!.Peer;
        await WaitUntilAsync(() => Read() == default);
        return Read();

        TunnelPeerState Read() => new(
            peer.Multiplexer.OpenStreamCount, peer.Multiplexer.IncomingCalls.Count, peer.Session.Memory.AccountedCallBytes);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!condition())
        {
            await Task.Delay(1, guard.Token);
        }
    }

    private readonly record struct TunnelPeerState(int OpenStreams, int IncomingCalls, long AccountedCallBytes);
}
