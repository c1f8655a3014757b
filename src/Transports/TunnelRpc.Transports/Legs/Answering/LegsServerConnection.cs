using System.Buffers;
using System.Runtime.CompilerServices;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>A carrier as the answering side's connection. Its disposal lets the client fetch what was written, and then ends the carrier.</summary>
internal sealed class LegsServerConnection(Carrier carrier, TransportConnectionInfo info, Task exchangeEnded)
    : TransportConnection(info, carrier.Times.Clock), ICarriedConnection
{
    // How much was consumed when the down leg was last told to report it; of the one reader.
    private long _told;

    public Task ExchangeEnded { get; } = exchangeEnded;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = await carrier.Up.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (carrier.UpStreams && carrier.Up.Consumed - _told >= LegsProtocol.ReportBytes)
        {
            _told = carrier.Up.Consumed;
            carrier.Down.Wake();
        }

        return read;
    }

    protected override ValueTask WriteCoreAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
        => carrier.Down.AppendAsync(data, cancellationToken);

    protected override ValueTask CloseAsync()
    {
        carrier.Close(WriteInterrupted);
        return ValueTask.CompletedTask;
    }
}
