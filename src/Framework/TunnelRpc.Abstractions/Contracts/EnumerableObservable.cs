namespace TunnelRpc;

/// <summary>An observable that enumerates items for each subscription. Thread-safe.</summary>
internal sealed class EnumerableObservable<T>(IAsyncEnumerable<T> items) : IObservable<T>
{
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var subscription = new Subscription(observer);
        _ = subscription.RunAsync(items);
        return subscription;
    }

    private sealed class Subscription(IObserver<T> observer) : IDisposable
    {
        // Not disposed: it has no timer, and a cancellation may arrive at any time.
        private readonly CancellationTokenSource _cancellation = new();

        // Set atomically: 1 when the subscription was disposed.
        private int _isDisposed;

        private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                _cancellation.Cancel();
            }
        }

        /// <summary>Passes the items to the observer. An exception of OnError or OnCompleted is that of the task.</summary>
        public async Task RunAsync(IAsyncEnumerable<T> items)
        {
            try
            {
                await foreach (T item in items.WithCancellation(_cancellation.Token).ConfigureAwait(false))
                {
                    if (IsDisposed)
                    {
                        return;
                    }

                    observer.OnNext(item);
                }
            }
            catch (Exception error)
            {
                if (!IsDisposed)
                {
                    observer.OnError(error);
                }

                return;
            }

            if (!IsDisposed)
            {
                observer.OnCompleted();
            }
        }
    }
}
