using System.Buffers;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>Takes one block, or the client's word that there will be no more.</summary>
internal static class BlockExchange
{
    /// <summary>Answers a block: 204 once it is there, 409 when what is before it does not come, 503 when there is no room for it.</summary>
    public static async Task RunAsync(ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
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
            if (await TryReadAsync(exchange, connection, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false))
            {
                StreamUploadExchange.SetResponse(exchange, await AppendAsync(connection, header, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false), connection);
            }
            else
            {
                await ExchangeRefusal.RespondAsync(exchange, 400, "Expected a body of the length that the block's header says.", cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            connection.ReleaseBlockPermit();
        }
    }

    /// <summary>Answers the client's end: 204 when all that it sent is there, 409 when some of it does not come; the carrier has ended either way.</summary>
    public static async Task EndAsync(ServerLegConnection connection, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        bool complete = connection.IsClosing;
        if (header.Kind == LegExchangeKind.End && !complete)
        {
            using CancellationTokenSource gap = new(LegTimings.GapTimeout, connection.Timings.TimeProvider);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(gap.Token, cancellationToken);
            while (true)
            {
                Task arrival = connection.ReceiveBuffer.WaitForDataAsync();
                complete = connection.ReceiveBuffer.TryComplete(header.Offset);
                if (complete || !await TryWaitAsync(arrival, gap, stop).ConfigureAwait(false))
                {
                    break;
                }
            }
        }

        StreamUploadExchange.SetResponse(exchange, complete || header.Kind == LegExchangeKind.Reset ? 204 : 409, connection);
        connection.OnClientEnded(complete ? null : new TransportException($"{connection.TransportName}: the client has gone in the middle of what it sent."));
    }

    private static async ValueTask<int> AppendAsync(ServerLegConnection connection, LegHeader header, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource gap = new(LegTimings.GapTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource full = new(LegTimings.CapacityTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource stopGap = CancellationTokenSource.CreateLinkedTokenSource(gap.Token, cancellationToken);
        using CancellationTokenSource stopFull = CancellationTokenSource.CreateLinkedTokenSource(full.Token, cancellationToken);
        while (true)
        {
            Task arrival = connection.ReceiveBuffer.WaitForDataAsync();
            Task room = connection.ReceiveBuffer.WaitForCapacityAsync();
            switch (connection.ReceiveBuffer.AppendBlock(header.Epoch, header.Offset, data.Span))
            {
                case AppendBlockResult.Accepted:
                    return 204;
                case AppendBlockResult.Gap when await TryWaitAsync(arrival, gap, stopGap).ConfigureAwait(false):
                case AppendBlockResult.NoCapacity when await TryWaitAsync(room, full, stopFull).ConfigureAwait(false):
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

    // False when the time was up first.
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

    private static async ValueTask<bool> TryReadAsync(IHttpExchange exchange, ServerLegConnection connection, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using CancellationTokenSource slow = new(LegTimings.BlockBodyTimeout, connection.Timings.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellationToken);
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
