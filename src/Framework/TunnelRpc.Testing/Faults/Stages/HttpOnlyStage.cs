namespace TunnelRpc.Testing.Faults.Stages;

/// <summary>Lets bytes pass that begin as an HTTP request does: a method in capitals and a blank. Others vanish.</summary>
internal sealed class HttpOnlyStage(IStageSink next, StageContext context) : FaultStage(next, context)
{
    private const int MaxMethodLength = 16;

    // Whether the first piece with a verdict was HTTP; null before it.
    private bool? _isHttp;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        _isHttp ??= BeginsAsHttp(piece.Span);
        if (_isHttp.Value)
        {
            await Next.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool BeginsAsHttp(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.IndexOf((byte)' ');
        return length is > 0 and <= MaxMethodLength && !bytes[..length].ContainsAnyExceptInRange((byte)'A', (byte)'Z');
    }
}
