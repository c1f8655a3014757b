using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Received items of a stream that the consumer has not taken yet, in the order in which the peer sent them. Not thread-safe: the reader
/// uses a batch under the lock of the <see cref="ItemQueue{TItem}"/> until the consumer takes it over.
/// </summary>
internal abstract class ItemBatch<TItem>
{
    /// <summary>The size of the buffer, in bytes; 0 when the batch has none.</summary>
    public abstract int BufferBytes { get; }

    /// <summary>Whether all items were taken.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Adds the items of one message.</summary>
    /// <param name="body">The message.</param>
    /// <param name="decoded">The decoded items of the message if they may contain references, else null.</param>
    public abstract void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded);

    /// <summary>Takes the next item. Called by the consumer, only if the batch is not empty.</summary>
    /// <param name="completedMessageBytes">The size of the message, with its last item; 0 with each other item.</param>
    /// <exception cref="Exception">
    /// The item cannot be decoded: any exception of its formatter, its constructor or a setter. The batch must then be cleared.
    /// </exception>
    public abstract TItem Take(out int completedMessageBytes);

    /// <summary>Drops the remaining items and keeps the buffer for the next ones.</summary>
    public abstract void Clear();

    /// <summary>Drops the remaining items, and returns the buffer to its pool if it is large.</summary>
    public abstract void ClearAndTrim();

    /// <summary>
    /// Drops the remaining items and the buffer, which does not return to its pool. For a caller that cannot exclude that the application
    /// still reads the batch on another thread.
    /// </summary>
    public abstract void ClearAndDropBuffer();

    /// <summary>Creates an empty batch: of decoded items if they may contain references, else of encoded items.</summary>
    public static ItemBatch<TItem> Create(ITunnelFormatter<TItem> formatter, CallReferences? references) =>
        references is null ? new EncodedItemBatch<TItem>(formatter) : new DecodedItemBatch<TItem>(references);

    /// <summary>Throws if a formatter has read no byte: it would produce items without end.</summary>
    /// <exception cref="MessagePackException"><paramref name="bytes"/> is 0.</exception>
    protected static void ThrowIfNothingRead(ITunnelFormatter<TItem> formatter, int bytes)
    {
        if (bytes == 0)
        {
            throw new MessagePackException($"Expected {formatter.GetType()} to read an item, but it read no byte.");
        }
    }
}
