using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>
/// The server's connection over a <see cref="ServerLegConnection"/>. After disposal the client can still fetch the written bytes, for at
/// most <see cref="LegTimings.LingerTimeout"/>; then the leg connection ends.
/// </summary>
internal sealed class ServerLegTransportConnection(ServerLegConnection connection, TransportConnectionInfo info, Task exchangeTask)
    : TransportConnection(info, connection.Timings.TimeProvider), ILegConnection
{
    // The consumed offset at the last notification of the download leg. Used by the one reader only.
    private long _reportedConsumedOffset;

    public Task ExchangeCompleted { get; } = exchangeTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await connection.ReceiveBuffer.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (connection.IsUploadStreaming
            && connection.ReceiveBuffer.ConsumedOffset - _reportedConsumedOffset >= LegProtocol.ConsumedReportThresholdBytes)
        {
            _reportedConsumedOffset = connection.ReceiveBuffer.ConsumedOffset;
            connection.SendBuffer.NotifyChanged();
        }

        return read;
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => connection.SendBuffer.AppendAsync(data, cancellationToken);

    protected override ValueTask CloseAsync()
    {
        connection.Close(HasInterruptedWrite);
        return ValueTask.CompletedTask;
    }
}
