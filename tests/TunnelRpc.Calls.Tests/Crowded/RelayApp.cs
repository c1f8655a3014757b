using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>Both sides call each other until a depth is reached, with arguments of any size.</summary>
[TunnelService(Callback = typeof(IRelay))]
public partial interface IRelay
{
    /// <summary>
    /// Calls back <paramref name="count"/> times at once. Returns the number of nested calls that ran on the longest way.
    /// </summary>
    Task<int> FanOutAsync(int count, int depth, int bytes);

    /// <summary>Calls back with this many bytes until the depth is reached. Returns the depth.</summary>
    Task<int> DescendAsync(int depth, byte[] data);

    /// <summary>As <see cref="DescendAsync"/>, by calls to the ordered service of the other side.</summary>
    Task<int> OrderedAsync(int depth, int bytes);
}

/// <summary>Runs one call at a time.</summary>
[TunnelService(Callback = typeof(IOrderedRelay), Dispatch = TunnelDispatch.Ordered)]
public partial interface IOrderedRelay
{
    Task<int> DescendAsync(int depth, byte[] data);
}

/// <summary>The implementation of both contracts, on both sides.</summary>
internal sealed class Relay(Func<IRelay> caller, Func<IOrderedRelay> ordered) : IRelay, IOrderedRelay
{
    public async Task<int> FanOutAsync(int count, int depth, int bytes) =>
        (await Task.WhenAll(Enumerable.Range(0, count).Select(_ => caller().DescendAsync(depth, new byte[bytes])))).Sum();

    async Task<int> IRelay.DescendAsync(int depth, byte[] data) =>
        depth == 1 ? 1 : 1 + await caller().DescendAsync(depth - 1, data);

    public Task<int> OrderedAsync(int depth, int bytes) => ordered().DescendAsync(depth, new byte[bytes]);

    async Task<int> IOrderedRelay.DescendAsync(int depth, byte[] data) =>
        depth == 1 ? 1 : 1 + await ordered().DescendAsync(depth - 1, data);
}

/// <summary>A server and a client that serve <see cref="IRelay"/> and <see cref="IOrderedRelay"/> to each other.</summary>
internal sealed class RelayApp : IAsyncDisposable
{
    private readonly ConnectedPair _pair;

    private RelayApp(ConnectedPair pair) => _pair = pair;

    /// <summary>Calls the server.</summary>
    public IRelay Caller => _pair.Stub<IRelay>(serverCallsClient: false);

    public static async Task<RelayApp> StartAsync(int limit, int? pendingBytes)
    {
        ConnectedPair pair = null!;
        var atServer = new Relay(
            () => pair.Stub<IRelay>(serverCallsClient: true), () => pair.Stub<IOrderedRelay>(serverCallsClient: true));
        var atClient = new Relay(
            () => pair.Stub<IRelay>(serverCallsClient: false), () => pair.Stub<IOrderedRelay>(serverCallsClient: false));
        pair = await ConnectedPair.StartAsync(
            new UpgradeTransport(),
            services => services.AddService<IRelay>(atServer).AddService<IOrderedRelay>(atServer),
            Configure,
            options =>
            {
                Configure(options);
                options.Serve<IRelay>(atClient);
                options.Serve<IOrderedRelay>(atClient);
            });
        return new RelayApp(pair);

        void Configure(TunnelOptions options)
        {
            options.Limits.MaxConcurrentCalls = limit;
            options.Limits.MaxPendingCallBytes = pendingBytes ?? options.Limits.MaxPendingCallBytes;
        }
    }

    public ValueTask DisposeAsync() => _pair.DisposeAsync();
}
