using System.Globalization;
using System.Text;
using TunnelRpc.Testing.Faults.Stages;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>
/// Writes one message. The head is sent before the first byte of the body at the latest. The framing of the body corresponds to the head.
/// </summary>
/// <param name="socket">The destination.</param>
/// <param name="head">The complete head.</param>
/// <param name="chunked">Whether the body is sent in chunks.</param>
/// <param name="onStarted">Runs before the head is sent.</param>
internal sealed class MessageWriter(RelaySocket socket, byte[] head, bool chunked, Action? onStarted = null) : IStageSink
{
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();

    public bool HasStarted { get; private set; }

    /// <summary>Sends the head if it has not been sent.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (!HasStarted)
        {
            HasStarted = true;
            onStarted?.Invoke();
            await socket.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        await socket.WriteAsync(chunked ? Frame(chunk.Span) : chunk, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        if (chunked)
        {
            await socket.WriteAsync(LastChunk, cancellationToken).ConfigureAwait(false);
        }
    }

    private static byte[] Frame(ReadOnlySpan<byte> chunk)
    {
        byte[] size = Encoding.ASCII.GetBytes(chunk.Length.ToString("x", CultureInfo.InvariantCulture));
        return [.. size, (byte)'\r', (byte)'\n', .. chunk, (byte)'\r', (byte)'\n'];
    }
}
