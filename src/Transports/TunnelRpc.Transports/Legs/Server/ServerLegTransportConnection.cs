using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>A carrier as the answering side's connection. Its disposal lets the client fetch what was written, and then ends the carrier.</summary>
internal sealed class ServerLegTransportConnection(ServerLegConnection connection, TransportConnectionInfo info, Task exchangeEnded)
    : TransportConnection(info, connection.Timings.TimeProvider), ILegConnection
{
    // How much was consumed when the down leg was last told to report it; of the one reader.
    private long _reportedConsumedOffset;

    public Task ExchangeCompleted { get; } = exchangeEnded;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await connection.ReceiveBuffer.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (connection.IsUploadStreaming && connection.ReceiveBuffer.ConsumedOffset - _reportedConsumedOffset >= LegProtocol.ConsumedReportThresholdBytes)
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
