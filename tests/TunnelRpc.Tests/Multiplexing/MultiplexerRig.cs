using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Multiplexing;

/// <summary>A real session and multiplexer of the server. The test plays the client, byte by byte.</summary>
internal sealed class MultiplexerRig : IAsyncDisposable
{
    private readonly ITransportConnection _near;

    private MultiplexerRig(ITransportConnection near, ITransportConnection far, TunnelOptions options)
    {
        _near = near;
        Peer = new RawPeer(far);
        Session = SessionFactory.Create(isClient: false, near, options);
        Multiplexer = new Multiplexer(Session, options, Acceptor);
        Acceptor.Multiplexer = Multiplexer;
        Session.Start();
    }

    public RawPeer Peer { get; }

    public TunnelSession Session { get; }

    public Multiplexer Multiplexer { get; }

    public RecordingAcceptor Acceptor { get; } = new();

    /// <summary>Opens a call after it got a permit, as a caller does.</summary>
    public async ValueTask OpenAsync(
        TunnelStream stream, FrameFlags flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        OutgoingCallLimiter.Permit permit = await Multiplexer
            .AcquirePermitAsync(CallAffinity.AnySession, default, isOneWay, body.Length, null, cancellationToken);
        stream.OutgoingPermit = permit;
        await Multiplexer.OpenAsync(stream, flags, body, cancellationToken);
    }

    public static async Task<MultiplexerRig> StartAsync(Action<TunnelLimits>? configure = null, int? compressFrom = null)
    {
        var options = new TunnelServerOptions { TimeProvider = new FakeTimeProvider() };
        configure?.Invoke(options.Limits);
        if (compressFrom is { } size)
        {
            options.Compression.Algorithm = TunnelCompression.Brotli;
            options.Compression.MinimumSize = size;
        }

        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        return new MultiplexerRig(near, far, options);
    }

    public Task SendAsync(FrameType type, ulong stream, params byte[] body) => Peer.SendFrameAsync(type, FrameFlags.None, stream, body);

    /// <summary>Opens a call of the peer and returns its stream on this side.</summary>
    public async Task<RecordingStream> CallAsync(ulong stream, RecordingStream? accepted = null)
    {
        if (accepted is not null)
        {
            Acceptor.NewStream = () => accepted;
        }

        await SendAsync(FrameType.Call, stream, 1, 2, 3, 4);
        (await Acceptor.NextAsync()).Stream.ShouldBe(stream);
        return Acceptor.Streams[stream];
    }

    /// <summary>Asserts that the session ends with a protocol error. Returns the reason in CLOSE.</summary>
    public async Task<string> ShouldEndAsync()
    {
        CloseMessage close = await Peer.ReadCloseAsync();
        close.Status.ShouldBe(TunnelStatus.Internal);
        await Session.Completion.DefaultTimeout();
        return close.Reason;
    }

    /// <summary>Asserts that the session has handled all bytes sent so far and has not ended.</summary>
    public async Task ShouldBeAliveAsync()
    {
        await Peer.SendNumberAsync(RecordType.Ping, 77);
        await Peer.ReadRecordAsync(RecordType.Pong);
        Session.Completion.IsCompleted.ShouldBeFalse();
    }

    public async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        await Session.Completion.DefaultTimeout();
        await _near.DisposeAsync();
    }
}
