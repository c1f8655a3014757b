using TunnelRpc.Accounting;
using TunnelRpc.Hosting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Accounting;

/// <summary>A client that the test plays after the handshake. It neither reads nor acknowledges by itself.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly AccountedServer _server;
    private ulong _next = 1;

    private RawClient(ITransportConnection connection, SessionParameters info, AccountedServer server)
    {
        _server = server;
        Peer = new RawPeer(connection);
        Id = info.Id;
        Session = server.Server.FindSession(Id)!;
    }

    public RawPeer Peer { get; }

    public string Id { get; }

    /// <summary>The server's side of the session.</summary>
    public ServerSession Session { get; }

    /// <summary>The server's memory account of the session.</summary>
    public MemoryAccount Memory => Session.Peer.Session.Memory;

    public static async Task<RawClient> DialAsync(
        ITransportConnection connection, AccountedServer server, SessionFeatures features = SessionFeatures.None)
    {
        try
        {
            (SessionParameters info, ReceiveBuffer input) = await SessionHandshake
                .DialAsync(connection, new TunnelLimits(), features, CancellationToken.None).DefaultTimeout();
            input.Buffered.Length.ShouldBe(0);
            input.Dispose();
            return new RawClient(connection, info, server);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a complete call, in as many frames as necessary; returns its stream id.</summary>
    public async Task<ulong> CallAsync(TunnelMethod method, byte[] arguments, FrameFlags flags = FrameFlags.End)
    {
        ulong stream = await BeginAsync(method, arguments);
        await Peer.SendFrameAsync(FrameType.Call, flags, stream, arguments.Length > 0 ? arguments[^1..] : []);
        return stream;
    }

    /// <summary>Sends a call without its last byte.</summary>
    public async Task<ulong> BeginAsync(TunnelMethod method, byte[] arguments)
    {
        ulong stream = _next;
        _next += 2;
        byte[] body =
            [(byte)(method.Id >> 24), (byte)(method.Id >> 16), (byte)(method.Id >> 8), (byte)method.Id, .. arguments.AsSpan(..^1)];
        foreach (byte[] piece in body.Chunk(Frame.MaxFragmentSize))
        {
            await Peer.SendFrameAsync(FrameType.Fragment, FrameFlags.None, stream, piece);
        }

        return stream;
    }

    /// <summary>Starts a call that runs until the test releases it; returns when it runs.</summary>
    public async Task<ulong> KeepAsync(int size)
    {
        ulong stream = await CallAsync(IKeeper.Keep, Bytes(size));
        (await _server.Keeper.KeptAsync().DefaultTimeout()).ShouldBe(size);
        return stream;
    }

    /// <summary>Waits until the server has handled all bytes sent so far.</summary>
    public async Task SettleAsync()
    {
        await Peer.SendNumberAsync(RecordType.Ping, 77);
        await Peer.ReadRecordAsync(RecordType.Pong);
    }

    /// <summary>A MessagePack bin 32 of this many zeros.</summary>
    public static byte[] Bytes(int size) =>
        [0xC6, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, .. new byte[size]];

    /// <summary>A MessagePack int 32.</summary>
    public static byte[] Number(int value) => [0xD2, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    public ValueTask DisposeAsync() => Peer.DisposeAsync();
}
