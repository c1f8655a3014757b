using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TunnelRpc;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>
/// Converts the streams of items that a contract may use: <see cref="IAsyncEnumerable{T}"/>, <see cref="IObservable{T}"/> and
/// <see cref="ChannelReader{T}"/>. Generated code calls it. Thread-safe.
/// </summary>
public static class TunnelStreams
{
    /// <summary>
    /// The number of items of an <see cref="IObservable{T}"/> that wait to be sent: 1024. An observable cannot be slowed down, so one that
    /// produces more than the peer reads fails at this limit with <see cref="TunnelStatus.ResourceExhausted"/>.
    /// </summary>
    public const int MaxObservableItems = 1024;

    /// <summary>
    /// Returns the items of an observable, which is subscribed to while they are enumerated. Each enumeration has a subscription of its
    /// own, which is disposed when it ends.
    /// </summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="source">The observable. Its error becomes the exception of the enumeration, after the items before it.</param>
    public static IAsyncEnumerable<T> FromObservable<T>(IObservable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return EnumerateAsync(source, default);
    }

    /// <summary>Returns the items of a channel. They can be enumerated once, and the channel is read as fast as they are.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="source">The reader. The exception with which the channel is completed becomes that of the enumeration.</param>
    public static IAsyncEnumerable<T> FromChannelReader<T>(ChannelReader<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.ReadAllAsync();
    }

    /// <summary>
    /// Returns an observable that enumerates the items for each subscription: the next item is requested when <c>OnNext</c> has returned.
    /// Disposing the subscription cancels the enumeration; the observer is then not called again, except for a call in progress.
    /// </summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="source">The items. An exception of the enumeration or of <c>OnNext</c> is passed to <c>OnError</c>.</param>
    public static IObservable<T> ToObservable<T>(IAsyncEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new EnumerableObservable<T>(source);
    }

    /// <summary>
    /// Returns a reader of the items. The enumeration starts when the first item is awaited, and the next item is requested when the one
    /// before was read.
    /// </summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="source">The items. An exception of the enumeration fails the reader.</param>
    public static ChannelReader<T> ToChannelReader<T>(IAsyncEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new EnumerableChannelReader<T>(source);
    }

    private static async IAsyncEnumerable<T> EnumerateAsync<T>(
        IObservable<T> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queue = new ObserverQueue<T>();
        using IDisposable subscription = source.Subscribe(queue);
        await foreach (T item in queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return item;
        }
    }
}
