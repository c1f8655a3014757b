using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Sends the elements of one stream: those that are ready travel together in one message; none waits for a later one. Waits
/// for credit and for its turns.
/// </summary>
internal sealed class ItemSender<TItem>(Multiplexer multiplexer, TunnelStream stream, ITunnelFormatter<TItem> formatter, ScheduledSender scheduledSender, ReferenceScope? references)
{
    /// <summary>Encoded bytes past which no further element joins the message.</summary>
    private const int MaxBatchSize = 12 << 10;

    // A batch is one message: a peer may take smaller ones only.
    private readonly int _batchSize = Math.Min(MaxBatchSize, multiplexer.MaxOutgoingMessageSize);

    /// <summary>Sends all of <paramref name="items"/>. False when the stream was closed before they ended.</summary>
    public async ValueTask<bool> SendAllAsync(IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        // The batch and an element that does not join it any more.
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.MaxOutgoingMessageSize + _batchSize);
        IAsyncEnumerator<TItem> enumerator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            bool any = await AwaitNextItemAsync(enumerator.MoveNextAsync(), buffer, cancellationToken).ConfigureAwait(false);
            while (any)
            {
                ValueTask<bool> next = EncodeReadyItems(buffer, enumerator, out int? full);
                if (full is int batch)
                {
                    if (batch > 0 && !await SendAsync(buffer.WrittenMemory[..batch], cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    if (batch < buffer.Length && !await SendAsync(buffer.WrittenMemory[batch..], cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    buffer.Clear();
                    next = enumerator.MoveNextAsync();
                }

                if (next.IsCompleted || buffer.Length == 0)
                {
                    any = await AwaitNextItemAsync(next, buffer, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    // What is ready does not wait for what is not.
                    Task<bool> moving = next.AsTask();
                    if (!await SendWhileNextPendingAsync(buffer.WrittenMemory, moving, cancellationToken).ConfigureAwait(false))
                    {
                        return false;
                    }

                    buffer.Clear();
                    any = await moving.ConfigureAwait(false);
                }
            }

            return buffer.Length == 0 || await SendAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
            await enumerator.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Sends while the next element is under way. Where sending ends the stream, that element is waited for all the same: an
    /// enumerator must not be disposed while it moves.
    /// </summary>
    private async ValueTask<bool> SendWhileNextPendingAsync(ReadOnlyMemory<byte> message, Task pendingMove, CancellationToken cancellationToken)
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

    /// <summary>Waits for the next element. Where the application's stream fails instead, what came before goes out first.</summary>
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

    /// <summary>Encodes the element that is there and those that follow it at once, by one writer and without a state machine.</summary>
    /// <param name="buffer">What was encoded already, and where they go.</param>
    /// <param name="enumerator">Where they are from.</param>
    /// <param name="completeMessageBytes">How many bytes of what was encoded make a message, once that is full; null while it is not.</param>
    /// <returns>The move to the next element; none is under way where <paramref name="completeMessageBytes"/> is not null.</returns>
    private ValueTask<bool> EncodeReadyItems(MessageBuffer buffer, IAsyncEnumerator<TItem> enumerator, out int? completeMessageBytes)
    {
        var writer = new MessagePackWriter(buffer) { Scope = references };
        int length = buffer.Length;
        int limit = multiplexer.MaxOutgoingMessageSize;
        while (true)
        {
            int before = length;
            formatter.Write(ref writer, enumerator.Current);
            length = buffer.Length + writer.UnflushedBytes;
            if (length - before > limit)
            {
                ThrowTooLarge(length - before);
            }

            if (length >= _batchSize)
            {
                writer.Flush();
                completeMessageBytes = length > Math.Min(Frame.MaxFragmentSize, limit) ? before : length;
                return default;
            }

            // Where the result is there, nothing blocks; it is taken once.
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

    private void ThrowTooLarge(int size) => throw new TunnelException(
        TunnelStatus.ResourceExhausted,
        $"Expected a stream element of at most {multiplexer.MaxOutgoingMessageSize} bytes, got one of {size} (limit MaxMessageSize of this side or of the peer).");

    private async ValueTask WaitForCreditAsync(SendWindow window, int bytes)
    {
        using MemoryLease lease = multiplexer.Memory.ReserveCallBytes(MessageBuffer.AccountedSize(bytes), "The element");
        await window.WaitForCreditAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        SendWindow window = stream.SendWindow!;
        if (window.Credit <= 0)
        {
            await WaitForCreditAsync(window, message.Length).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        window.Consume(message.Length);
        return await multiplexer.Sender.SendAsync(stream, scheduledSender, FrameType.Item, FrameFlags.None, message, cancellationToken).ConfigureAwait(false);
    }
}
