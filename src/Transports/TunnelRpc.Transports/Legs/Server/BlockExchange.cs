using System.Buffers;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>Handles one exchange of the upload leg: a block, or the client's end. Stateless.</summary>
internal static class BlockExchange
{
    /// <summary>
    /// Responds to a block: 204 when all of it is received, 409 when the bytes before it do not arrive within
    /// <see cref="LegTimings.GapTimeout"/> or its epoch is old, 410 when the connection is closing, 503 when there is no capacity within
    /// <see cref="LegTimings.CapacityTimeout"/> or too many blocks are active, 400 when the body has the wrong length.
    /// </summary>
    public static async Task RunAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        if (!connection.TryAcquireBlockPermit())
        {
            StreamUploadExchange.SetResponse(exchange, 503, connection);
            return;
        }

        int length = (int)header.LengthOrAcknowledgedOffset;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            Memory<byte> block = buffer.AsMemory(0, length);
            if (await TryReadAsync(exchange, connection, block, cancellationToken).ConfigureAwait(false))
            {
                int status = await AppendAsync(connection, header, block, cancellationToken).ConfigureAwait(false);
                StreamUploadExchange.SetResponse(exchange, status, connection);
            }
            else
            {
                string reason = $"Expected a body of {length} bytes, as the block's header says.";
                await ExchangeRefusal.RespondAsync(exchange, 400, reason, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            connection.ReleaseBlockPermit();
        }
    }

    /// <summary>
    /// Responds to the client's end: 204 when all of its bytes are received, 409 when some of them do not arrive within
    /// <see cref="LegTimings.GapTimeout"/>. The leg connection ends in both cases.
    /// </summary>
    public static async Task EndAsync(
        ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        bool complete = connection.IsClosing;
        if (header.Kind == LegExchangeKind.End && !complete)
        {
            using CancellationTokenSource gapTimeout = new(LegTimings.GapTimeout, connection.Timings.TimeProvider);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(gapTimeout.Token, cancellationToken);
            while (true)
            {
                Task dataArrived = connection.ReceiveBuffer.WaitForDataAsync();
                complete = connection.ReceiveBuffer.TryComplete(header.Offset);
                if (complete || !await TryWaitAsync(dataArrived, gapTimeout, stop).ConfigureAwait(false))
                {
                    break;
                }
            }
        }

        StreamUploadExchange.SetResponse(exchange, complete || header.Kind == LegExchangeKind.Reset ? 204 : 409, connection);
        connection.OnClientEnded(complete
            ? null
            : new TransportException($"{connection.TransportName}: the client ended the connection before all of its bytes arrived."));
    }

    // Returns the status of the response.
    private static async ValueTask<int> AppendAsync(
        ServerLegConnection connection, LegHeader header, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource gapTimeout = new(LegTimings.GapTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource capacityTimeout = new(LegTimings.CapacityTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource stopGap = CancellationTokenSource.CreateLinkedTokenSource(gapTimeout.Token, cancellationToken);
        using CancellationTokenSource stopCapacity =
            CancellationTokenSource.CreateLinkedTokenSource(capacityTimeout.Token, cancellationToken);
        while (true)
        {
            Task dataArrived = connection.ReceiveBuffer.WaitForDataAsync();
            Task capacityFreed = connection.ReceiveBuffer.WaitForCapacityAsync();
            switch (connection.ReceiveBuffer.AppendBlock(header.Epoch, header.Offset, data.Span))
            {
                case AppendBlockResult.Accepted:
                    return 204;
                case AppendBlockResult.Gap when await TryWaitAsync(dataArrived, gapTimeout, stopGap).ConfigureAwait(false):
                case AppendBlockResult.NoCapacity
                    when await TryWaitAsync(capacityFreed, capacityTimeout, stopCapacity).ConfigureAwait(false):
                    break;
                case AppendBlockResult.NoCapacity:
                    return 503;
                case AppendBlockResult.Stale when connection.IsClosing:
                    return 410;
                default:
                    return 409;
            }
        }
    }

    // Returns false when the timeout elapses first.
    private static async ValueTask<bool> TryWaitAsync(Task change, CancellationTokenSource timeout, CancellationTokenSource stop)
    {
        try
        {
            await change.WaitAsync(stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return false;
        }
    }

    // Reads the body; returns false when its length differs from the destination's.
    private static async ValueTask<bool> TryReadAsync(
        IHttpExchange exchange, ServerLegConnection connection, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bodyTimeout = new(LegTimings.BlockBodyTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(bodyTimeout.Token, cancellationToken);
        exchange.DisableRequestLimits();
        int filled = 0;
        while (true)
        {
            ReadResult result = await exchange.RequestBody.ReadAsync(stop.Token).ConfigureAwait(false);
            ReadOnlySequence<byte> bytes = result.Buffer;
            bool fits = bytes.Length <= destination.Length - filled;
            if (fits)
            {
                bytes.CopyTo(destination.Span[filled..]);
                filled += (int)bytes.Length;
            }

            exchange.RequestBody.AdvanceTo(bytes.End);
            if (!fits || result.IsCompleted)
            {
                return fits && filled == destination.Length;
            }
        }
    }
}
