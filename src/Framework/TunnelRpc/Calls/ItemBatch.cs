using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// Elements of a stream that have come and are not taken, in the order of the peer. One at a time uses it: the reader, or the
/// consumer once it has taken it over.
/// </summary>
internal abstract class ItemBatch<TItem>
{
    /// <summary>The memory of its buffer, in bytes.</summary>
    public abstract int BufferBytes { get; }

    /// <summary>Whether all were taken.</summary>
    public abstract bool IsEmpty { get; }

    /// <summary>Adds those of one message.</summary>
    /// <param name="body">The message.</param>
    /// <param name="decoded">The same, where they hold references; else null.</param>
    public abstract void Add(ReadOnlySpan<byte> body, DecodedItemBatch<TItem>? decoded);

    /// <summary>Takes the next one; the consumer's. Elements that cannot be decoded are found here.</summary>
    /// <param name="completedMessageBytes">How many bytes were taken with it: those of its message with its last element, else 0.</param>
    /// <exception cref="Exception">
    /// It cannot be decoded; whatever a formatter throws, or the element's constructor. The batch is of no use any more.
    /// </exception>
    public abstract TItem Take(out int completedMessageBytes);

    /// <summary>Drops what is left, and keeps the memory for what comes next.</summary>
    public abstract void Clear();

    /// <summary>Drops what is left, and gives back the memory but for a little.</summary>
    public abstract void ClearAndTrim();

    /// <summary>Drops what is left and the memory; by somebody who cannot tell whether it is being read all the same.</summary>
    public abstract void ClearAndDropBuffer();

    /// <summary>An empty one for the stream's kind of elements.</summary>
    public static ItemBatch<TItem> Create(ITunnelFormatter<TItem> formatter, ReferenceScope? references) =>
        references is null ? new EncodedItemBatch<TItem>(formatter) : new DecodedItemBatch<TItem>();

    /// <summary>A formatter that reads nothing would give elements for ever.</summary>
    protected static void ThrowIfNothingRead(ITunnelFormatter<TItem> formatter, int bytes)
    {
        if (bytes == 0)
        {
            throw new MessagePackException($"Expected {formatter.GetType()} to read an element, it read nothing.");
        }
    }
}
