using System.Threading.Channels;
using Shouldly;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Tests streams that a contract declares as observables and channel readers, between a client and a server.</summary>
public sealed class StreamKindTests : IAsyncLifetime
{
    private readonly Feeds _feeds = new();
    private TunnelTestHost _host = null!;
    private IFeeds _stub = null!;

    public async Task InitializeAsync()
    {
        _host = await TunnelTestHost.StartAsync<IFeeds>(_feeds);
        _stub = _host.Get<IFeeds>();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Results_arrive_in_order_and_complete()
    {
        (await new Recorder<int>(_stub.CountObservable(100)).Items).ShouldBe(Enumerable.Range(0, 100));
        (await new Recorder<int>(_stub.CountObservable(0)).Items).ShouldBeEmpty();
        ChannelReader<int> channel = _stub.CountChannel(2000);
        (await channel.ReadAllAsync().ToListAsync()).ShouldBe(Enumerable.Range(0, 2000));
        await channel.Completion;
        channel.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Parameters_and_streams_in_both_directions_arrive()
    {
        (await _stub.SumObservableAsync(_feeds.CountObservable(100))).ShouldBe(4950);
        (await _stub.SumChannelAsync(_feeds.CountChannel(2000))).ShouldBe(1_999_000);
        (await new Recorder<string>(_stub.Describe(_feeds.CountChannel(3))).Items).ShouldBe(["0", "1", "2"]);
        (await _stub.Merge(new[] { 7 }.ToAsyncEnumerable(), _feeds.CountObservable(3)).ReadAllAsync().ToListAsync())
            .ShouldBe([7, 0, 1, 2]);
    }

    [Fact]
    public async Task Streams_inside_other_values_travel_by_reference()
    {
        (await new Recorder<int>((await _stub.OpenObservableAsync(3))!).Items).ShouldBe([0, 1, 2]);
        (await _stub.OpenObservableAsync(0)).ShouldBeNull();
        (string name, ChannelReader<int> items) = await _stub.OpenChannelAsync(3);
        name.ShouldBe("channel");
        (await items.ReadAllAsync().ToListAsync()).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Each_subscription_is_a_call_of_its_own()
    {
        IObservable<int> feed = _stub.CountObservable(3);

        (await new Recorder<int>(feed).Items).ShouldBe([0, 1, 2]);
        (await new Recorder<int>(feed).Items).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task Disposal_of_the_subscription_cancels_the_call()
    {
        var recorder = new Recorder<int>(_stub.EndlessObservable());
        await recorder.First;

        recorder.Dispose();

        await _feeds.Endless.WaitAsync(TimeSpan.FromSeconds(30));
        recorder.Items.IsCompleted.ShouldBeFalse("an observer is not called after the disposal");
    }

    [Fact]
    public async Task Error_of_the_source_arrives_after_the_items_before_it()
    {
        var recorder = new Recorder<int>(_stub.Failing());

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => recorder.Items);

        (error.Status, error.Message).ShouldBe((TunnelStatus.DataLoss, "Expected more items, got none."));
        (await recorder.First).ShouldBe(1);
        (await Should.ThrowAsync<TunnelException>(() => _stub.SumObservableAsync(_feeds.Failing()))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Observable_that_is_faster_than_the_peer_fails_with_the_name_of_the_limit()
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => new Recorder<int>(_stub.Fast()).Items);

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("1024 items");
        error.Message.ShouldContain("TunnelStreams.MaxObservableItems");
    }

    [Fact]
    public async Task Exception_of_the_observer_is_passed_to_its_OnError_and_ends_the_call()
    {
        var recorder = new Recorder<int>(_stub.EndlessObservable(), _ => throw new InvalidOperationException("observer"));

        (await Should.ThrowAsync<InvalidOperationException>(() => recorder.Items)).Message.ShouldBe("observer");
        await _feeds.Endless.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Channel_reader_requests_an_item_when_the_one_before_was_read()
    {
        int produced = 0;
        ChannelReader<int> reader = TunnelStreams.ToChannelReader(ProduceAsync());
        reader.TryRead(out _).ShouldBeFalse("the enumeration starts with the first wait");
        produced.ShouldBe(0);

        (await reader.WaitToReadAsync()).ShouldBeTrue();
        (await reader.WaitToReadAsync()).ShouldBeTrue();

        produced.ShouldBe(1);
        (await reader.ReadAsync()).ShouldBe(1);
        (await reader.ReadAsync()).ShouldBe(2);
        (await Should.ThrowAsync<TunnelException>(async () => await reader.ReadAsync())).Message.ShouldBe("end");
        (await Should.ThrowAsync<TunnelException>(() => reader.Completion)).Message.ShouldBe("end");

        async IAsyncEnumerable<int> ProduceAsync()
        {
            while (produced < 2)
            {
                await Task.Yield();
                yield return ++produced;
            }

            throw new TunnelException("end");
        }
    }

    [Fact]
    public async Task Wait_for_an_item_of_a_channel_can_be_cancelled_without_losing_it()
    {
        var gate = new TaskCompletionSource();
        ChannelReader<int> reader = TunnelStreams.ToChannelReader(ProduceAsync());
        using var cancellation = new CancellationTokenSource();
        Task<bool> wait = reader.WaitToReadAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => wait);
        gate.SetResult();
        (await reader.ReadAllAsync().ToListAsync()).ShouldBe([5]);

        async IAsyncEnumerable<int> ProduceAsync()
        {
            await gate.Task;
            yield return 5;
        }
    }

    /// <summary>Subscribes and collects the items.</summary>
    private sealed class Recorder<T> : IObserver<T>, IDisposable
    {
        private readonly List<T> _items = [];
        private readonly TaskCompletionSource<T> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<List<T>> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Action<T>? _onNext;
        private readonly IDisposable _subscription;

        public Recorder(IObservable<T> source, Action<T>? onNext = null)
        {
            _onNext = onNext;
            _subscription = source.Subscribe(this);
        }

        public Task<T> First => _first.Task;

        public Task<List<T>> Items => _end.Task;

        public void Dispose() => _subscription.Dispose();

        public void OnNext(T value)
        {
            _items.Add(value);
            _first.TrySetResult(value);
            _onNext?.Invoke(value);
        }

        public void OnError(Exception error) => _end.SetException(error);

        public void OnCompleted() => _end.SetResult(_items);
    }
}
