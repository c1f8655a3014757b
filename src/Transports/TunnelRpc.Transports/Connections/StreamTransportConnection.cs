using System.Buffers;

namespace TunnelRpc.Transports.Connections;

/// <summary>A connection over a duplex stream: what an upgrade leaves.</summary>
/// <param name="stream">The stream; reads and writes may run at once, and tokens end them.</param>
/// <param name="info">What is known of the path.</param>
/// <param name="close">Frees the stream; told whether a write was cut off, so that what is on the way is worthless. Must not throw.</param>
/// <param name="peerDisconnected">Signalled once the peer is gone, where the stream itself does not tell writers.</param>
internal sealed class StreamTransportConnection(Stream stream, TransportConnectionInfo info, Action<bool> close, CancellationToken peerDisconnected = default)
    : TransportConnection(info, peerDisconnected: peerDisconnected)
{
    /// <summary>A read into an empty buffer waits for bytes there. Other servers' streams may take it for an error.</summary>
    private const string KestrelPrefix = "Microsoft.AspNetCore.Server.Kestrel.";

    public override bool SupportsZeroByteReads { get; } = stream.GetType().FullName!.StartsWith(KestrelPrefix, StringComparison.Ordinal);

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
