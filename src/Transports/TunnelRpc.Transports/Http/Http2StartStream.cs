namespace TunnelRpc.Transports.Http;

/// <summary>
/// The stream of a connection on which the client has assumed HTTP/2. It observes whether the server's first frame is SETTINGS, with which
/// each HTTP/2 connection starts (RFC 9113, 3.4). Reads pass unchanged.
/// </summary>
internal sealed class Http2StartStream(Stream inner, DialObservations observations) : ConnectionFilterStream(inner)
{
    // The position of the type in a frame's header, and the type SETTINGS (RFC 9113, 4.1 and 6.5).
    private const int TypePosition = 3;
    private const byte Settings = 4;

    // Used by the reader only: the number of bytes read, until the type was among them.
    private int _read;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _read > TypePosition ? Inner.ReadAsync(buffer, cancellationToken) : ReadStartAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadStartAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await Inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_read + read > TypePosition)
        {
            observations.HasReceivedSettings = buffer.Span[TypePosition - _read] == Settings;
        }

        _read += read;
        return read;
    }
}
