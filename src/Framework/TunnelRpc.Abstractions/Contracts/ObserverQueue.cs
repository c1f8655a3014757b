using System.Threading.Channels;

namespace TunnelRpc;

/// <summary>Queues what an observable produces, up to a limit. Thread-safe.</summary>
internal sealed class ObserverQueue<T> : IObserver<T>
{
    private readonly Channel<T> _items =
        Channel.CreateBounded<T>(new BoundedChannelOptions(TunnelStreams.MaxObservableItems) { SingleReader = true });

    public ChannelReader<T> Reader => _items.Reader;

    public void OnNext(T value)
    {
        if (!_items.Writer.TryWrite(value))
        {
            // This has no effect if the observable has completed, and produces items nevertheless.
            _items.Writer.TryComplete(new TunnelException(
                TunnelStatus.ResourceExhausted,
                "Expected an IObservable that produces items as fast as the peer reads them, got one with more than "
                    + $"{TunnelStreams.MaxObservableItems} items that were not sent yet (TunnelStreams.MaxObservableItems). Sample or "
                    + "buffer its items, or use a ChannelReader or an IAsyncEnumerable, which wait for the peer."));
        }
    }

    public void OnError(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        _items.Writer.TryComplete(error);
    }

    public void OnCompleted() => _items.Writer.TryComplete();
}
