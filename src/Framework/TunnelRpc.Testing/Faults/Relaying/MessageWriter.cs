using System.Globalization;
using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Writes one message: its head at the latest before its first byte, its body framed as the head says.</summary>
/// <param name="socket">Where to.</param>
/// <param name="head">The head, complete.</param>
/// <param name="chunked">How the body is framed.</param>
/// <param name="onStarted">Runs before the head leaves.</param>
internal sealed class MessageWriter(RelaySocket socket, byte[] head, bool chunked, Action? onStarted = null) : IStageSink
{
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();

    public bool HasStarted { get; private set; }

    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (!HasStarted)
        {
            HasStarted = true;
            onStarted?.Invoke();
            await socket.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await socket.WriteAsync(chunked ? Chunk(piece.Span) : piece, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        if (chunked)
        {
            await socket.WriteAsync(LastChunk, cancellationToken).ConfigureAwait(false);
        }
    }

    private static byte[] Chunk(ReadOnlySpan<byte> piece)
        => [.. Encoding.ASCII.GetBytes(piece.Length.ToString("x", CultureInfo.InvariantCulture)), (byte)'\r', (byte)'\n', .. piece, (byte)'\r', (byte)'\n'];
}
