using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>The dialing side's two legs as one connection, which ends when either does. Owns all it is given.</summary>
internal sealed class TwoConnectionClientConnection : TransportConnection
{
    private readonly HttpDialer _dialer;
    private readonly HttpResponseMessage _down;
    private readonly Stream _incoming;
    private readonly Stream _outgoing;
    private readonly UploadLeg _up;
    private readonly Task _watching;

    /// <summary>Of two legs that both have begun.</summary>
    /// <param name="dialer">The legs' client.</param>
    /// <param name="down">The download.</param>
    /// <param name="incoming">The download's body, behind its preamble.</param>
    /// <param name="up">The upload.</param>
    /// <param name="outgoing">The upload's body.</param>
    /// <param name="info">What is known of the path.</param>
    /// <param name="timeProvider">The clock.</param>
    public TwoConnectionClientConnection(
        HttpDialer dialer,
        HttpResponseMessage down,
        Stream incoming,
        UploadLeg up,
        Stream outgoing,
        TransportConnectionInfo info,
        TimeProvider timeProvider)
        : base(info, timeProvider: timeProvider)
    {
        _dialer = dialer;
        _down = down;
        _incoming = incoming;
        _up = up;
        _outgoing = outgoing;
        _watching = WatchAsync();
    }

    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        => _incoming.ReadAsync(buffer, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        // The request's body ignores tokens of writes; the request does not ignore its own.
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static up => ((UploadLeg)up!).Abort(), _up);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await SequenceStreamWriter.WriteAsync(_outgoing, data, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }
    }

    protected override async ValueTask CloseAsync()
    {
        if (!WriteInterrupted)
        {
            // On the thread pool, where no context keeps the end from being sent before this returns.
            await Task.Run(_up.Finish).ConfigureAwait(false);
        }

        _up.Abort();
        await _watching.ConfigureAwait(false);
        await _up.DisposeAsync().ConfigureAwait(false);
        _down.Dispose();
        _dialer.Dispose();
    }

    private async Task WatchAsync() => FailSoon(await _up.WatchAsync().ConfigureAwait(false));
}
