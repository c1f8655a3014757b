using System.Buffers;
using System.IO.Pipelines;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>Takes one block, or the client's word that there will be no more.</summary>
internal static class BlockExchange
{
    /// <summary>Answers a block: 204 once it is there, 409 when what is before it does not come, 503 when there is no room for it.</summary>
    public static async Task RunAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        if (!carrier.TryEnterBlock())
        {
            UploadExchange.Answer(exchange, 503, carrier);
            return;
        }

        int length = (int)header.Detail;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        try
        {
            if (await TryReadAsync(exchange, carrier, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false))
            {
                UploadExchange.Answer(exchange, await AddAsync(carrier, header, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false), carrier);
            }
            else
            {
                await ExchangeRefusal.AnswerAsync(exchange, 400, "Expected a body of the length that the block's header says.", cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            carrier.LeaveBlock();
        }
    }

    /// <summary>Answers the client's end: 204 when all that it sent is there, 409 when some of it does not come; the carrier has ended either way.</summary>
    public static async Task EndAsync(Carrier carrier, IHttpExchange exchange, LegHeader header, CancellationToken cancellationToken)
    {
        bool complete = carrier.IsClosing;
        if (header.Kind == LegKind.End && !complete)
        {
            using CancellationTokenSource gap = new(LegsTimes.GapWait, carrier.Times.Clock);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(gap.Token, cancellationToken);
            while (true)
            {
                Task arrival = carrier.Up.NextArrival();
                complete = carrier.Up.TryComplete(header.Offset);
                if (complete || !await WaitAsync(arrival, gap, stop).ConfigureAwait(false))
                {
                    break;
                }
            }
        }

        UploadExchange.Answer(exchange, complete || header.Kind == LegKind.Reset ? 204 : 409, carrier);
        carrier.EndByClient(complete ? null : new TransportException($"{carrier.Name}: the client has gone in the middle of what it sent."));
    }

    private static async ValueTask<int> AddAsync(Carrier carrier, LegHeader header, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        using CancellationTokenSource gap = new(LegsTimes.GapWait, carrier.Times.Clock);
        using CancellationTokenSource full = new(LegsTimes.RoomWait, carrier.Times.Clock);
        using CancellationTokenSource stopGap = CancellationTokenSource.CreateLinkedTokenSource(gap.Token, cancellationToken);
        using CancellationTokenSource stopFull = CancellationTokenSource.CreateLinkedTokenSource(full.Token, cancellationToken);
        while (true)
        {
            Task arrival = carrier.Up.NextArrival();
            Task room = carrier.Up.NextRoom();
            switch (carrier.Up.AddBlock(header.Epoch, header.Offset, data.Span))
            {
                case BlockResult.Taken:
                    return 204;
                case BlockResult.Gap when await WaitAsync(arrival, gap, stopGap).ConfigureAwait(false):
                case BlockResult.NoRoom when await WaitAsync(room, full, stopFull).ConfigureAwait(false):
                    break;
                case BlockResult.NoRoom:
                    return 503;
                case BlockResult.Stale when carrier.IsClosing:
                    return 410;
                default:
                    return 409;
            }
        }
    }

    // False when the time was up first.
    private static async ValueTask<bool> WaitAsync(Task change, CancellationTokenSource timeout, CancellationTokenSource stop)
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

    private static async ValueTask<bool> TryReadAsync(IHttpExchange exchange, Carrier carrier, Memory<byte> destination, CancellationToken cancellationToken)
    {
        using CancellationTokenSource slow = new(LegsTimes.BlockTimeout, carrier.Times.Clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellationToken);
        exchange.LiftLimits();
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
