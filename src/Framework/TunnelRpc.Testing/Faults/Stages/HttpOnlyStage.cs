namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>
/// Forwards all bytes if the first chunk starts like an HTTP request: a method in capital letters and a space. Otherwise drops all bytes.
/// </summary>
internal sealed class HttpOnlyStage(IStageSink next, StageContext context) : FaultStage(next, context)
{
    private const int MaxMethodLength = 16;

    // Whether the first chunk starts like an HTTP request; null before the first chunk.
    private bool? _isHttp;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        _isHttp ??= StartsLikeHttp(chunk.Span);
        if (_isHttp.Value)
        {
            await Next.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool StartsLikeHttp(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.IndexOf((byte)' ');
        return length is > 0 and <= MaxMethodLength && !bytes[..length].ContainsAnyExceptInRange((byte)'A', (byte)'Z');
    }
}
