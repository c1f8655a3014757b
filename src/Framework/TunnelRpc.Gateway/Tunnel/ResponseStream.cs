using TunnelRpc.Gateway.Client.Streams;

namespace TunnelRpc.Gateway.Tunnel;

/// <summary>
/// The body of a response as a stream. A read of no bytes waits for the next ones. Writes, which an upgraded connection has, go to the
/// request. For one reader and one writer at a time.
/// </summary>
/// <param name="call">The call; not owned.</param>
internal sealed class ResponseStream(TunnelCall call) : AsyncStream
{
    // What was received and not read. Used by the reader only.
    private ReadOnlyMemory<byte> _rest;
    private bool _isEnded;

    public override bool CanWrite => call.Upload is { IsUpgrade: true };

    /// <exception cref="IOException">The origin or its session has broken off.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _rest.Length > 0 || _isEnded ? new ValueTask<int>(Take(buffer)) : ReceiveAsync(buffer, cancellationToken);

    /// <exception cref="IOException">The call has ended.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        call.Upload?.WriteAsync(buffer, cancellationToken) ?? throw new NotSupportedException("Only an upgraded connection is written.");

    /// <summary>
    /// The token of the exchange, which the call has, cancels the wait. The copy of an upgraded connection has a token of its own, and ends
    /// the call by it.
    /// </summary>
    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration cancelled = CanWrite
            ? cancellationToken.UnsafeRegister(static call => ((TunnelCall)call!).Cancel(), call)
            : default;
        _rest = await call.ReceiveAsync().ConfigureAwait(false);
        _isEnded = _rest.Length == 0;
        return Take(buffer);
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer.Span);
        _rest = _rest[count..];
        return count;
    }
}
