using System.Buffers;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>An accepted connection that notifies the host of its disposal, so that the host ends the exchange.</summary>
internal sealed class HostedConnection(ITransportConnection inner) : ITransportConnection, IZeroByteReadConnection
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TransportConnectionInfo Info => inner.Info;

    public bool SupportsZeroByteReads => inner is IZeroByteReadConnection { SupportsZeroByteReads: true };

    public Task Disposed => _disposed.Task;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, cancellationToken);

    public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
        inner.WriteAsync(data, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        _disposed.TrySetResult();
    }
}
