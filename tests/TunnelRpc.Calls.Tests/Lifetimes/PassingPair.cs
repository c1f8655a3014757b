using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>
/// Two sides that have different versions of one contract, in one direction: one passes objects of every kind that the other cannot take as
/// a whole. Counts how often each object was disposed.
/// </summary>
internal sealed class PassingPair : IAsyncDisposable
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    private readonly ConnectedPair _pair;
    private readonly bool _serverCallsClient;
    private readonly List<Counted> _passed;

    private PassingPair(ConnectedPair pair, bool serverCallsClient, List<Counted> passed)
    {
        _pair = pair;
        _serverCallsClient = serverCallsClient;
        _passed = passed;
        ServerPeer = pair.Services.GetRequiredService<TunnelServer>().FindSession(pair.Client.SessionId!)!.Peer;
        ClientPeer = pair.Client.CurrentPeer!;
    }

    public TunnelPeer ServerPeer { get; }

    public TunnelPeer ClientPeer { get; }

    /// <summary>Calls with fewer members wait for it.</summary>
    public TaskCompletionSource Gate { get; private set; } = new();

    public int ReferenceCount => ServerPeer.ExportedReferences.Count + ClientPeer.ExportedReferences.Count;

    /// <summary>Calls the side that serves the other contract.</summary>
    public T Stub<T>()
        where T : class, ITunnelService<T> => _pair.Stub<T>(_serverCallsClient);

    /// <summary>Starts two sides of which the callee has the other version: it receives arguments.</summary>
    /// <param name="serverCallsClient">The direction.</param>
    /// <param name="configure">Configures both sides; null for defaults.</param>
    /// <param name="isGated">Whether calls with fewer members wait for <see cref="Gate"/>.</param>
    public static async Task<PassingPair> StartForArgumentsAsync(
        bool serverCallsClient, Action<TunnelOptions>? configure = null, bool isGated = false)
    {
        var receiver = new Receiver();
        if (!isGated)
        {
            receiver.Gate.SetResult();
        }

        PassingPair pair = await StartAsync<IPassingOther, Receiver>(serverCallsClient, _ => receiver, configure);
        pair.Gate = receiver.Gate;
        return pair;
    }

    /// <summary>Starts two sides of which the caller has the other version: it receives results and items.</summary>
    public static Task<PassingPair> StartForResultsAsync(bool serverCallsClient) =>
        StartAsync<IPassing, Source>(serverCallsClient, passed => new Source(passed), null);

    private static async Task<PassingPair> StartAsync<T, TImplementation>(
        bool serverCallsClient, Func<List<Counted>, TImplementation> create, Action<TunnelOptions>? configure)
        where T : class, ITunnelService<T>
        where TImplementation : class, T
    {
        List<Counted> passed = [];
        TImplementation callee = create(passed);
        ConnectedPair pair = await ConnectedPair.StartAsync(
            null,
            services => services.AddService<T>(callee),
            o => configure?.Invoke(o),
            o =>
            {
                configure?.Invoke(o);
                o.Serve<T>(callee);
            });
        return new PassingPair(pair, serverCallsClient, passed);
    }

    /// <summary>Creates a value whose streams count their disposals.</summary>
    public EveryKind Create() => Create(_passed);

    /// <summary>Creates a value whose streams are not counted.</summary>
    public static EveryKind CreateUncounted() => Create([]);

    /// <summary>Waits until no reference is left, without a collection of garbage: each was released by a message.</summary>
    /// <param name="disposals">How often each object was disposed: 1 if the peer owned it, 0 if its call did.</param>
    public async Task ShouldHaveReleasedAllAsync(int disposals)
    {
        long start = Stopwatch.GetTimestamp();
        while ((ReferenceCount > 0 || _passed.Any(stream => stream.DisposedCount < disposals))
            && Stopwatch.GetElapsedTime(start) < HangTimeout)
        {
            await Task.Delay(5);
        }

        ReferenceCount.ShouldBe(0);
        _passed.ShouldNotBeEmpty();
        _passed.ShouldAllBe(stream => stream.DisposedCount == disposals);
        (ServerPeer.SessionCompletion.IsCompleted || ClientPeer.SessionCompletion.IsCompleted).ShouldBeFalse();
    }

    public async ValueTask DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);

    /// <summary>Creates a value with streams that count their disposals, and adds them to a list.</summary>
    public static EveryKind Create(List<Counted> passed)
    {
        Counted[] streams = [new(true), new(false), new(true), new(false)];
        lock (passed)
        {
            passed.AddRange(streams);
        }

        return new EveryKind(
            streams[0], streams[1], PipeReader.Create(streams[2]), PipeWriter.Create(streams[3]), ReferenceShapes.Numbers(3),
            new Progress<int>(), new Listener("passed"));
    }

    /// <summary>Creates a value with one stream that counts its disposals, and adds it to a list.</summary>
    public static OneKind CreateOne(List<Counted> passed)
    {
        var stream = new Counted(canRead: true);
        passed.Add(stream);
        return new OneKind(stream);
    }

    /// <summary>Takes what the contract of the callee has. It disposes the one reference that it knows.</summary>
    internal sealed class Receiver : IPassingOther
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task FewerAsync(OneKind value) => await value.Input.DisposeAsync();

        public Task NoneAsync() => Task.CompletedTask;

        public Task OtherTypeAsync(WrongKind value) => throw new InvalidOperationException("The call must not run.");

        public Task ThrowingSetterAsync(ThrowingKind value) => throw new InvalidOperationException("The call must not run.");

        public Task FewerCallAsync(OneKind value) => Gate.Task;

        public Task OtherTypeCallAsync(WrongKind value) => throw new InvalidOperationException("The call must not run.");

        public Task<OneKind> FewerResultAsync() => throw new NotSupportedException();

        public Task<NoKind> NoResultAsync() => throw new NotSupportedException();

        public Task<WrongKind> OtherTypeResultAsync() => throw new NotSupportedException();

        public Task<ThrowingKind> ThrowingSetterResultAsync() => throw new NotSupportedException();

        public IAsyncEnumerable<EveryKind> StreamExpectedAsync() => throw new NotSupportedException();

        public IAsyncEnumerable<OneKind> FewerItemsAsync() => throw new NotSupportedException();

        public IAsyncEnumerable<NoKind> NoItemsAsync() => throw new NotSupportedException();

        public IAsyncEnumerable<WrongKind> OtherTypeItemsAsync() => throw new NotSupportedException();
    }

    /// <summary>Returns values whose references the contract of the caller does not have.</summary>
    private sealed class Source(List<Counted> passed) : IPassing
    {
        public Task UnknownAsync(EveryKind value) => throw new NotSupportedException();

        public Task FewerAsync(EveryKind value) => throw new NotSupportedException();

        public Task NoneAsync(EveryKind value) => throw new NotSupportedException();

        public Task OtherTypeAsync(EveryKind value) => throw new NotSupportedException();

        public Task ThrowingSetterAsync(EveryKind value) => throw new NotSupportedException();

        public Task UnknownTupleAsync((int Number, EveryKind Value) value) => throw new NotSupportedException();

        public Task UnknownCallAsync(EveryKind value) => throw new NotSupportedException();

        public Task FewerCallAsync(EveryKind value) => throw new NotSupportedException();

        public Task OtherTypeCallAsync(EveryKind value) => throw new NotSupportedException();

        public Task<EveryKind> FewerResultAsync() => Task.FromResult(Create(passed));

        public Task<EveryKind> NoResultAsync() => Task.FromResult(Create(passed));

        public Task<EveryKind> OtherTypeResultAsync() => Task.FromResult(Create(passed));

        public Task<EveryKind> ThrowingSetterResultAsync() => Task.FromResult(Create(passed));

        public Task<EveryKind> StreamExpectedAsync() => Task.FromResult(Create(passed));

        public IAsyncEnumerable<EveryKind> FewerItemsAsync() => ItemsAsync();

        public IAsyncEnumerable<EveryKind> NoItemsAsync() => ItemsAsync();

        public IAsyncEnumerable<EveryKind> OtherTypeItemsAsync() => ItemsAsync();

        private async IAsyncEnumerable<EveryKind> ItemsAsync()
        {
            for (int i = 0; i < 5; i++)
            {
                await Task.CompletedTask;
                yield return Create(passed);
            }
        }
    }

    /// <summary>A stream that counts its disposals: each is one release of its reference.</summary>
    internal sealed class Counted(bool canRead) : MemoryStream
    {
        private int _disposedCount;

        public int DisposedCount => Volatile.Read(ref _disposedCount);

        public override bool CanRead => canRead;

        public override bool CanWrite => !canRead;

        protected override void Dispose(bool disposing)
        {
            Interlocked.Increment(ref _disposedCount);
            base.Dispose(disposing);
        }
    }
}
