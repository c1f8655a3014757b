using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace TunnelRpc.Transports.Connections;

/// <summary>A connection over a duplex stream, for instance the raw stream after an upgrade.</summary>
/// <param name="stream">The stream. Reads and writes may run concurrently, and tokens cancel them.</param>
/// <param name="info">The facts about the connection.</param>
/// <param name="close">
/// Releases the stream. The argument is true if a write was interrupted, so that the buffered bytes are useless. Must not throw.
/// </param>
/// <param name="peerDisconnected">Signalled when the peer has disconnected, for streams that do not fail writes then.</param>
internal sealed class StreamTransportConnection(
    Stream stream, TransportConnectionInfo info, Action<bool> close, CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    // The streams of sockets, of TLS and of Kestrel support zero-byte reads. Those of other servers may fail or complete them at once.
    private const string KestrelPrefix = "Microsoft.AspNetCore.Server.Kestrel.";

    public override bool SupportsZeroByteReads { get; } = IsZeroByteReadSupported(stream);

    /// <summary>Whether a read into an empty buffer waits until the stream has bytes.</summary>
    public static bool IsZeroByteReadSupported(Stream stream) => stream is NetworkStream or SslStream
        || stream.GetType().FullName!.StartsWith(KestrelPrefix, StringComparison.Ordinal);

    protected override ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        => stream.ReadAsync(buffer, cancellationToken);

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => SequenceStreamWriter.WriteAsync(stream, data, cancellationToken);

    protected override ValueTask CloseAsync()
    {
        close(HasInterruptedWrite);
        return ValueTask.CompletedTask;
    }
}
