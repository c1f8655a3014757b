using System.Globalization;
using System.Threading.Channels;

namespace TunnelRpc.Generators.Tests.RoundTrip;

internal sealed class Feeds : IFeeds
{
    private readonly TaskCompletionSource _unsubscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the subscription of the stream without end is disposed.</summary>
    public Task Endless => _unsubscribed.Task;

    public IObservable<int> CountObservable(int count) => new Source(observer =>
    {
        for (int i = 0; i < count; i++)
        {
            observer.OnNext(i);
        }

        observer.OnCompleted();
    });

    public ChannelReader<int> CountChannel(int count) => Channel(count);

    public Task<int> SumObservableAsync(IObservable<int> items)
    {
        var sum = new Sum();
        items.Subscribe(sum);
        return sum.Result;
    }

    public async Task<int> SumChannelAsync(ChannelReader<int> items) => await items.ReadAllAsync().SumAsync();

    public IObservable<string> Describe(ChannelReader<int> items, CancellationToken cancellationToken) => TunnelStreams.ToObservable(
        items.ReadAllAsync(cancellationToken).Select(item => item.ToString(CultureInfo.InvariantCulture)));

    public ChannelReader<int> Merge(IAsyncEnumerable<int> first, IObservable<int> second) =>
        TunnelStreams.ToChannelReader(first.Concat(TunnelStreams.FromObservable(second)));

    public Task<IObservable<int>?> OpenObservableAsync(int count) =>
        Task.FromResult(count == 0 ? null : (IObservable<int>?)CountObservable(count));

    public Task<(string Name, ChannelReader<int> Items)> OpenChannelAsync(int count) => Task.FromResult(("channel", Channel(count)));

    public IObservable<int> EndlessObservable() => new Source(observer => observer.OnNext(1), () => _unsubscribed.TrySetResult());

    public IObservable<int> Fast() => CountObservable(TunnelStreams.MaxObservableItems + 1);

    public IObservable<int> Failing() => new Source(observer =>
    {
        observer.OnNext(1);
        observer.OnError(new TunnelException(TunnelStatus.DataLoss, "Expected more items, got none."));
    });

    private static ChannelReader<int> Channel(int count)
    {
        Channel<int> channel = System.Threading.Channels.Channel.CreateUnbounded<int>();
        for (int i = 0; i < count; i++)
        {
            channel.Writer.TryWrite(i);
        }

        channel.Writer.Complete();
        return channel.Reader;
    }

    /// <summary>An observable that produces its items when it is subscribed to.</summary>
    internal sealed class Source(Action<IObserver<int>> onSubscribe, Action? onDispose = null) : IObservable<int>
    {
        public IDisposable Subscribe(IObserver<int> observer)
        {
            onSubscribe(observer);
            return new Subscription(onDispose);
        }
    }

    private sealed class Subscription(Action? onDispose) : IDisposable
    {
        public void Dispose() => onDispose?.Invoke();
    }

    private sealed class Sum : IObserver<int>
    {
        private readonly TaskCompletionSource<int> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _sum;

        public Task<int> Result => _result.Task;

        public void OnNext(int value) => _sum += value;

        public void OnError(Exception error) => _result.SetException(error);

        public void OnCompleted() => _result.SetResult(_sum);
    }
}
