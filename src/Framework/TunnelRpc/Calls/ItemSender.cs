using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0065-items-are-produced-when-they-may-be-sent.md
/// <summary>
/// Sends the items of one stream. Items that are ready are batched in one message; a ready item never waits for a later one. The sender
/// waits for flow-control credit and for the send scheduler. While it waits, it holds at most one large item, which is accounted; if the
/// streams of the session hold too much, it waits before it asks the application for the next one. Used once.
/// </summary>
/// <param name="multiplexer">The multiplexer of the session.</param>
/// <param name="stream">The call.</param>
/// <param name="formatter">Writes the items.</param>
/// <param name="scheduledSender">The entry of the call in the send scheduler.</param>
/// <param name="references">The references of the call; null for none.</param>
internal sealed class ItemSender<TItem>(
    Multiplexer multiplexer,
    TunnelStream stream,
    ITunnelFormatter<TItem> formatter,
    ScheduledSender scheduledSender,
    CallReferences? references)
{
    /// <summary>A message of at least this many bytes is sent without waiting for more items.</summary>
    private const int MaxBatchSize = 12 << 10;

    // A batch is one message, so the maximum message size of the peer limits it.
    private readonly int _batchSize = Math.Min(MaxBatchSize, multiplexer.MaxOutgoingMessageSize);

    /// <summary>How long bytes stay reserved for an item that the application has not produced yet.</summary>
    private static readonly TimeSpan ReservationTimeout = TimeSpan.FromMilliseconds(100);

    private bool _lastItemWasLarge;

    // The size of the last large item, of this stream or another one with the same formatter; 0 if there was none.
    private int _largeItemBytes;

    // Whether the stream has started, and the size of its first item is not known yet.
    private bool _isFirstItem;

    // Bytes in SentItems for the next item, which is not encoded yet.
    private int _reservedBytes;

    /// <summary>Sends all items, and disposes their enumerator. False when the call ended before the items did.</summary>
    /// <exception cref="Exception">The stream of the application failed, an item cannot be sent, or the session has ended.</exception>
    public async ValueTask<bool> SendAllAsync(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        if (references is not null)
        {
            references.ItemWindow = stream.SendWindow;
        }

        // Capacity for a batch and one more item that does not fit into the batch.
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.MaxOutgoingMessageSize + _batchSize);
        IAsyncEnumerator<TItem> enumerator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            bool any = await MoveToFirstItemAsync(enumerator, cancellationToken).ConfigureAwait(false);
            while (any)
            {
                if (_lastItemWasLarge)
                {
                    // This one probably is, too: an item that waits for the consumer is not encoded yet.
                    _lastItemWasLarge = false;
                    if (stream.SendWindow!.Credit <= 0)
                    {
                        buffer.DropContent();
                        await HoldUntilCreditAsync(_largeItemBytes).ConfigureAwait(false);
                    }
                }

                if (references is { IsItemWindowFull: true })
                {
                    OnFirstItemEncoded();
                    await references.WaitForItemWindowAsync(stream).ConfigureAwait(false);
                }

                ValueTask<bool> next = EncodeReadyItems(buffer, enumerator, out int? completeMessageBytes);
                if (completeMessageBytes is int batch)
                {
                    OnLastItemEncoded(buffer.Length - batch);
                    if (batch > 0 && !await SendAsync(buffer.WrittenMemory[..batch], cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    if (batch < buffer.Length
                        && !await SendLastItemAsync(buffer, batch, enumerator.Current, cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    buffer.Clear();
                    next = MoveToNextItemAsync(enumerator, cancellationToken);
                    if (_lastItemWasLarge && !next.IsCompleted)
                    {
                        // The array that has held the item must not wait with the stream.
                        buffer.DropContent();
                    }
                }

                OnFirstItemEncoded();
                if (next.IsCompleted || buffer.Length == 0)
                {
                    any = await AwaitNextItemAsync(next, buffer, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    // Ready items do not wait for the next one.
                    Task<bool> pendingMove = next.AsTask();
                    if (!await SendWhileNextPendingAsync(buffer.WrittenMemory, pendingMove, cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    buffer.Clear();
                    any = await pendingMove.ConfigureAwait(false);
                }
            }

            return buffer.Length == 0 || await SendAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            OnFirstItemEncoded();
            ReleaseReservation();
            buffer.Return();
            await enumerator.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Moves to the first item. Only a bounded number of streams does so at a time, until the size of their items is known.
    /// </summary>
    private async ValueTask<bool> MoveToFirstItemAsync(IAsyncEnumerator<TItem> enumerator, CancellationToken cancellationToken)
    {
        ItemProduction production = multiplexer.Production;
        await production.StartAsync(cancellationToken).ConfigureAwait(false);
        _isFirstItem = true;
        _largeItemBytes = production.GetSize(formatter);
        ValueTask<bool> move = MoveToNextItemAsync(enumerator, cancellationToken);
        if (move.IsCompleted)
        {
            return await move.ConfigureAwait(false);
        }

        int period = production.OnPending();
        try
        {
            return await move.ConfigureAwait(false);
        }
        finally
        {
            production.OnProduced(period);
        }
    }

    /// <summary>
    /// Moves to the next item. If it is probably large and the streams of the session hold too much, it first waits until the item may be
    /// sent.
    /// </summary>
    private ValueTask<bool> MoveToNextItemAsync(IAsyncEnumerator<TItem> enumerator, CancellationToken cancellationToken) =>
        _largeItemBytes > 0 && references is null && multiplexer.Production.IsLimited
            ? MoveWhenAdmittedAsync(enumerator, cancellationToken)
            : enumerator.MoveNextAsync();

    private async ValueTask<bool> MoveWhenAdmittedAsync(IAsyncEnumerator<TItem> enumerator, CancellationToken cancellationToken)
    {
        // Until it moves, the enumerator of the application holds the last item, which was sent. While other streams precede it, that is
        // accounted only if the peer consumes none of them.
        int lastBytes = _lastItemWasLarge ? _largeItemBytes : 0;
        await HoldUntilCreditAsync(lastBytes).ConfigureAwait(false);
        await multiplexer.AdmitItemAsync(_largeItemBytes, lastBytes, stream.SendWindow!.HasNearlyAllCredit, cancellationToken)
            .ConfigureAwait(false);

        _reservedBytes = _largeItemBytes;
        Task<bool> moving = enumerator.MoveNextAsync().AsTask();
        if (!moving.IsCompleted)
        {
            // An item that does not come soon must not take the capacity of other streams.
            using var timeout = new CancellationTokenSource(ReservationTimeout, multiplexer.Production.TimeProvider);
            await ((Task)moving).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!moving.IsCompleted)
            {
                ReleaseReservation();
            }
        }

        return await moving.ConfigureAwait(false);
    }

    /// <summary>Waits for credit. What is held during the wait is accounted: the consumer may never read.</summary>
    private async ValueTask HoldUntilCreditAsync(int heldBytes)
    {
        using ItemProduction.HeldItem held = multiplexer.Production.Hold(heldBytes);
        using MemoryLease lease = multiplexer.Memory.Lease(heldBytes);
        await WaitForCreditAsync(stream.SendWindow!).ConfigureAwait(false);
    }

    /// <summary>Waits for credit, and notifies the peer that its window may be too small.</summary>
    private ValueTask WaitForCreditAsync(SendWindow window)
    {
        if (window.TryReportBlocked(multiplexer.UnacknowledgedBytes))
        {
            multiplexer.SendBlocked(stream);
        }

        return window.WaitForCreditAsync();
    }

    private int TakeReservation()
    {
        int bytes = _reservedBytes;
        _reservedBytes = 0;
        return bytes;
    }

    private void ReleaseReservation() => multiplexer.SentItems.Release(TakeReservation());

    /// <summary>
    /// Sends while the application produces the next item. If the send ends the stream, it still waits for that item: an enumerator must
    /// not be disposed while its MoveNextAsync runs.
    /// </summary>
    private async ValueTask<bool> SendWhileNextPendingAsync(
        ReadOnlyMemory<byte> message, Task pendingMove, CancellationToken cancellationToken)
    {
        bool sent = false;
        try
        {
            return sent = await SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!sent)
            {
                await pendingMove.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits for the next item. If the stream of the application fails, the items before the failure are sent first.</summary>
    private async ValueTask<bool> AwaitNextItemAsync(ValueTask<bool> next, MessageBuffer buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await next.ConfigureAwait(false);
        }
        catch when (buffer.Length > 0 && !cancellationToken.IsCancellationRequested)
        {
            await SendAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Encodes the current item and all items after it that are ready, with one writer and without a state machine.</summary>
    /// <param name="buffer">The items that were encoded before; the new ones are appended.</param>
    /// <param name="enumerator">The items; its current item is not encoded yet.</param>
    /// <param name="completeMessageBytes">
    /// The length of the first message in the buffer when that is full; a remainder is a message of its own. Null while it is not full.
    /// </param>
    /// <returns>The pending move to the next item. No move is pending when <paramref name="completeMessageBytes"/> is not null.</returns>
    private ValueTask<bool> EncodeReadyItems(MessageBuffer buffer, IAsyncEnumerator<TItem> enumerator, out int? completeMessageBytes)
    {
        var writer = new MessagePackWriter(buffer) { Scope = references };
        int length = buffer.Length;
        int limit = multiplexer.MaxOutgoingMessageSize;
        while (true)
        {
            int before = length;
            try
            {
                formatter.Write(ref writer, enumerator.Current);
            }
            catch (MessagePackException error)
            {
                throw ValueEncoder.AddPath(ref writer, buffer, before, error);
            }

            length = buffer.Length + writer.UnflushedBytes;
            if (length - before > limit)
            {
                ThrowTooLarge(length - before);
            }

            if (length >= _batchSize || references is { IsItemWindowFull: true })
            {
                writer.Flush();
                completeMessageBytes = length > Math.Min(Frame.MaxFragmentSize, limit) ? before : length;
                return default;
            }

            // The result of a completed ValueTask is read without blocking, and only once.
            ValueTask<bool> next = enumerator.MoveNextAsync();
            if (next.IsCompletedSuccessfully)
            {
                if (next.GetAwaiter().GetResult())
                {
                    continue;
                }

                next = default;
            }

            writer.Flush();
            completeMessageBytes = null;
            return next;
        }
    }

    /// <summary>The last item is a message of its own: if it is large, the size of the next ones is known, also to other streams.</summary>
    private void OnLastItemEncoded(int bytes)
    {
        if (bytes > Frame.MaxFragmentSize && bytes != _largeItemBytes)
        {
            _largeItemBytes = bytes;
            multiplexer.Production.SetSize(formatter, bytes);
        }

        OnFirstItemEncoded();
    }

    private void OnFirstItemEncoded()
    {
        if (_isFirstItem)
        {
            _isFirstItem = false;
            multiplexer.Production.OnSizeKnown();
        }
    }

    private void ThrowTooLarge(int size) => throw new TunnelException(
        TunnelStatus.ResourceExhausted,
        $"Expected a stream item of at most {multiplexer.MaxOutgoingMessageSize} bytes, got {size} bytes "
            + "(limit MaxMessageSize of this side or of the peer).");

    /// <summary>Sends the last item in the buffer, which is a message of its own.</summary>
    private ValueTask<bool> SendLastItemAsync(MessageBuffer buffer, int start, TItem item, CancellationToken cancellationToken) =>
        buffer.Length - start <= Frame.MaxFragmentSize
            ? SendAsync(buffer.WrittenMemory[start..], cancellationToken)
            : SendLargeItemAsync(buffer, start, item, cancellationToken);

    /// <summary>
    /// Sends a large item. If it has to wait for the consumer, or because too many large messages wait, it drops the encoded item and
    /// encodes it again. Items that pass references are encoded once.
    /// </summary>
    private async ValueTask<bool> SendLargeItemAsync(MessageBuffer buffer, int start, TItem item, CancellationToken cancellationToken)
    {
        _lastItemWasLarge = true;
        int size = buffer.Length - start;
        int waitingBytes = 0;
        int sentBytes = 0;
        bool isSent = false;
        using ItemProduction.HeldItem held = multiplexer.Production.Hold(size);
        try
        {
            if (TakeReservation() is > 0 and int reserved)
            {
                multiplexer.SentItems.Adjust(size - reserved);
                sentBytes = size;
            }
            else if (stream.SendWindow!.Credit > 0 && multiplexer.SentItems.TryAdd(size))
            {
                sentBytes = size;
            }

            if (sentBytes > 0 && multiplexer.WaitingMessages.TryAdd(size))
            {
                waitingBytes = size;
            }

            if (waitingBytes == 0)
            {
                if (references is null)
                {
                    buffer.DropContent();
                    start = 0;
                }

                if (sentBytes == 0)
                {
                    SendWindow window = stream.SendWindow!;
                    using (multiplexer.Memory.Lease(size))
                    {
                        await WaitForCreditAsync(window).ConfigureAwait(false);
                    }

                    await multiplexer.AdmitItemAsync(size, size, window.HasNearlyAllCredit, cancellationToken).ConfigureAwait(false);
                    sentBytes = size;
                }

                await multiplexer.AdmitLargeMessageAsync(size, cancellationToken).ConfigureAwait(false);
                waitingBytes = size;
                if (references is null)
                {
                    Encode(buffer, item);
                    multiplexer.SentItems.Adjust(buffer.Length - size);
                    sentBytes = buffer.Length;
                }
            }

            using MemoryLease lease = multiplexer.Memory.Lease(size);
            return isSent = await SendAdmittedAsync(buffer.WrittenMemory[start..], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            multiplexer.WaitingMessages.Release(waitingBytes);
            if (!isSent)
            {
                multiplexer.SentItems.Release(sentBytes);
            }
        }
    }

    private void Encode(MessageBuffer buffer, TItem item)
    {
        ValueEncoder.Write(buffer, formatter, item, references);
        if (buffer.Length > multiplexer.MaxOutgoingMessageSize)
        {
            ThrowTooLarge(buffer.Length);
        }
    }

    /// <summary>Sends a message that fits one frame.</summary>
    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        ReleaseReservation();
        SendWindow window = stream.SendWindow!;
        if (window.Credit <= 0)
        {
            using MemoryLease lease = multiplexer.Memory.Lease(MessageBuffer.AccountedSize(message.Length));
            await WaitForCreditAsync(window).ConfigureAwait(false);
        }

        ByteQuota sentItems = multiplexer.SentItems;
        if (!sentItems.TryAdd(message.Length))
        {
            if (window.HasNearlyAllCredit)
            {
                // A stream whose consumer keeps up does not wait for the consumers of others.
                sentItems.AddBeyondLimit(message.Length);
            }
            else
            {
                using MemoryLease lease = multiplexer.Memory.Lease(MessageBuffer.AccountedSize(message.Length));
                await multiplexer.AdmitItemAsync(message.Length, 0, isConsumerReading: false, cancellationToken).ConfigureAwait(false);
            }
        }

        bool isSent = false;
        try
        {
            return isSent = await SendAdmittedAsync(message, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!isSent)
            {
                sentItems.Release(message.Length);
            }
        }
    }

    private async ValueTask<bool> SendAdmittedAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        stream.SendWindow!.Consume(message.Length);
        bool isSent = await multiplexer.Sender
            .SendAsync(stream, scheduledSender, FrameType.Item, FrameFlags.None, message, cancellationToken).ConfigureAwait(false);
        if (isSent)
        {
            references?.OnSent();
        }

        return isSent;
    }
}
