using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Servers;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Load.Attacks;

/// <summary>The attacks, by name. Each runs until its token is cancelled.</summary>
internal static class AttackList
{
    /// <summary>No attack: what the honest clients get otherwise.</summary>
    public const string None = "no attack";

    private const int Megabyte = 1_000_000;

    public static IReadOnlyDictionary<string, Func<Attacker, Task>> All { get; } = new Dictionary<string, Func<Attacker, Task>>
    {
        [None] = _ => Task.CompletedTask,
        ["compressed arguments of 2 MB zeros"] = a => HoldAsync(a, 2 * Megabyte, TunnelCompression.Brotli),
        ["arguments of 1 MB held by calls"] = a => HoldAsync(a, Megabyte, TunnelCompression.None),
        ["100 leg connections/s without upload"] = OpenLegsAsync,
        ["2,000 unread streams of 1 MB"] = LeaveStreamsAsync,
        ["endless reverse-HTTP answers"] = AnswerAsync,
        ["20 calls at a time that block for 2 s"] = BlockAsync,
        ["member that does not read broadcasts"] = LeaveBroadcastsAsync,
        ["unknown one-way calls"] = CallUnknownAsync,
        ["padding before HELLO"] = PadAsync,
        ["handshakes held open"] = HoldHandshakesAsync,
        ["sessions started and dropped"] = ChurnAsync,
    };

    private static async Task HoldAsync(Attacker attacker, int size, TunnelCompression compression)
    {
        byte[] argument = new byte[size];
        await Task.WhenAll(Enumerable.Range(0, 7).Select(async _ =>
        {
            IVictimService service = await attacker.ConnectAsync(compression);
            await attacker.RepeatAsync(60, () => service.HoldAsync(argument, attacker.CancellationToken));
        }));
    }

    private static async Task OpenLegsAsync(Attacker attacker)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await attacker.RepeatAsync(1, async () =>
        {
            const string Leg = "poll 1 0 0 0 0";
            string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            byte[] key = RandomNumberGenerator.GetBytes(32);
            byte[] proof = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"GET {id} down {Leg}"));
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{attacker.Endpoint.Address}/{id}/down?n=1");
            request.Headers.Add("TunnelRpc-Leg", Leg);
            request.Headers.Add("TunnelRpc-Proof", Base64Url.EncodeToString(proof));
            request.Headers.Add("TunnelRpc-Connection", "1 blocks poll");
            request.Headers.Add("TunnelRpc-Key", Base64Url.EncodeToString(key));
            foreach ((string name, string value) in Attacker.Headers)
            {
                request.Headers.Add(name, value);
            }

            using HttpResponseMessage response = await http.SendAsync(request, attacker.CancellationToken);
            await Task.Delay(10, attacker.CancellationToken);
        });
    }

    private static async Task LeaveStreamsAsync(Attacker attacker)
    {
        IVictimService service = await attacker.ConnectAsync();
        List<IAsyncEnumerator<byte[]>> streams = [];
        for (int i = 0; i < 2_000; i++)
        {
            IAsyncEnumerator<byte[]> stream = service.BlocksAsync(Megabyte, attacker.CancellationToken).GetAsyncEnumerator();
            streams.Add(stream);
            _ = stream.MoveNextAsync().AsTask().ContinueWith(t => t.Exception, TaskScheduler.Default);
        }

        await Task.Delay(Timeout.Infinite, attacker.CancellationToken);
        GC.KeepAlive(streams);
    }

    private static Task AnswerAsync(Attacker attacker) => attacker.RepeatAsync(4, async () =>
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, attacker.Relay.Port, attacker.CancellationToken);
        NetworkStream stream = tcp.GetStream();
        string forwarded = string.Concat(Attacker.Headers.Select(h => $"{h.Key}: {h.Value}\r\n"));
        await WriteAsync($"POST {VictimServer.ReversePath} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: PTTH/1.0\r\n"
            + $"{forwarded}Content-Length: 0\r\n\r\n");
        byte[] request = new byte[4096];
        await stream.ReadAtLeastAsync(request, 1, throwOnEndOfStream: true, attacker.CancellationToken);
        await WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        byte[] block = new byte[64 << 10];
        while (true)
        {
            await stream.WriteAsync(block, attacker.CancellationToken);
        }

        ValueTask WriteAsync(string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), attacker.CancellationToken);
    });

    private static async Task BlockAsync(Attacker attacker)
    {
        IVictimService service = await attacker.ConnectAsync();
        await attacker.RepeatAsync(20, () => service.BlockAsync(2_000));
    }

    private static async Task LeaveBroadcastsAsync(Attacker attacker)
    {
        await attacker.ConnectAsync();
        attacker.Relay.Stall();
        await Task.Delay(Timeout.Infinite, attacker.CancellationToken);
    }

    private static Task CallUnknownAsync(Attacker attacker) => attacker.RepeatAsync(1, async () =>
    {
        RawAttacker session = await attacker.OpenPathAsync();
        await session.HandshakeAsync(attacker.CancellationToken);
        byte[] method = new byte[4];
        for (ulong stream = 1; ; stream += 2 * 500)
        {
            byte[] frames =
            [
                .. Enumerable.Range(0, 500).SelectMany(i =>
                {
                    BinaryPrimitives.WriteInt32BigEndian(method, i);
                    return RawAttacker.CreateFrame(FrameType.Call, FrameFlags.OneWay | FrameFlags.End, stream + (2 * (ulong)i), method);
                }),
            ];
            await session.SendAsync(RawAttacker.Record(RecordType.Data, frames), attacker.CancellationToken);
        }
    });

    private static Task PadAsync(Attacker attacker) => attacker.RepeatAsync(4, async () =>
    {
        byte[] padding = RawAttacker.Record(RecordType.Pad, new byte[4 << 10]);
        await using RawAttacker path = await RawAttacker.OpenPathAsync(attacker.Endpoint, attacker.CancellationToken);
        while (true)
        {
            await path.SendAsync(padding, attacker.CancellationToken);
        }
    });

    private static Task HoldHandshakesAsync(Attacker attacker)
    {
        int opened = 0;
        return attacker.RepeatAsync(8, async () =>
        {
            if (Interlocked.Increment(ref opened) > 3_000)
            {
                await Task.Delay(Timeout.Infinite, attacker.CancellationToken);
            }

            await attacker.OpenPathAsync();
        });
    }

    private static Task ChurnAsync(Attacker attacker) => attacker.RepeatAsync(8, async () =>
    {
        await using RawAttacker session = await RawAttacker.OpenPathAsync(attacker.Endpoint, attacker.CancellationToken);
        await session.HandshakeAsync(attacker.CancellationToken);
    });
}
