using System.Buffers;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>One side of a link. Throws if a caller violates the contract of <see cref="ITransportConnection"/>.</summary>
internal sealed class SimConnection(SimLink link, SimPipe incoming, SimPipe outgoing, bool isClient, TransportConnectionInfo info)
    : ITransportConnection
{
    private bool _isReading;
    private bool _isWriting;

    public TransportConnectionInfo Info { get; } = info;

    public bool IsDisposed { get; private set; }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_isReading || buffer.IsEmpty)
        {
            throw new InvalidOperationException("Expected at most one read at a time, into a buffer that is not empty.");
        }

        _isReading = true;
        try
        {
            return await incoming.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _isReading = false;
        }
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        if (_isWriting)
        {
            throw new InvalidOperationException("Expected at most one write at a time.");
        }

        _isWriting = true;
        try
        {
            await outgoing.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _isWriting = false;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (!IsDisposed)
        {
            IsDisposed = true;
            link.Close(isClient);
        }

        return default;
    }
}
