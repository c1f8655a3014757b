using TunnelRpc.Calls.Tests.Lifetimes;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>Both sides send each other one-way calls from calls that they serve.</summary>
[TunnelService(Callback = typeof(IHop))]
public partial interface IHop
{
    /// <summary>Sends itself on to the other side until the depth is reached.</summary>
    [OneWay]
    Task HopAsync(int depth, byte[] data);

    /// <summary>As <see cref="HopAsync"/>; each call passes a stream of the numbers that it has received.</summary>
    [OneWay]
    Task HopWithNumbersAsync(int depth, NumberBatch batch);

    /// <summary>A call with a reply that sends a one-way call.</summary>
    Task<int> StartHopAsync(int depth, byte[] data);
}

/// <summary>Calls of a method that runs without a call context.</summary>
[TunnelService(Callback = typeof(IBlind))]
public partial interface IBlind
{
    Task<int> DescendAsync(int depth, byte[] data);
}

/// <summary>Counts the calls that have reached their depth.</summary>
internal sealed class Hop(Func<IHop> caller) : IHop
{
    private long _ended;
    private long _sum;

    public long Ended => Volatile.Read(ref _ended);

    public long Sum => Volatile.Read(ref _sum);

    public async Task HopAsync(int depth, byte[] data)
    {
        if (depth > 0)
        {
            await caller().HopAsync(depth - 1, data);
        }
        else
        {
            Interlocked.Add(ref _sum, data.Length);
            Interlocked.Increment(ref _ended);
        }
    }

    public async Task HopWithNumbersAsync(int depth, NumberBatch batch)
    {
        List<int> received = await batch.Numbers.ToListAsync();
        if (depth > 0)
        {
            await caller().HopWithNumbersAsync(depth - 1, new NumberBatch(depth, received.ToAsyncEnumerable()));
        }
        else
        {
            Interlocked.Add(ref _sum, received.Sum());
            Interlocked.Increment(ref _ended);
        }
    }

    public async Task<int> StartHopAsync(int depth, byte[] data)
    {
        await caller().HopAsync(depth - 1, data);
        return depth;
    }
}

/// <summary>Its calls are not known to be nested.</summary>
[NoCallContext]
internal sealed class Blind(Func<IBlind> caller) : IBlind
{
    public async Task<int> DescendAsync(int depth, byte[] data) => depth == 0 ? 0 : 1 + await caller().DescendAsync(depth - 1, data);
}

/// <summary>A server and a client that serve <see cref="IHop"/> and <see cref="IBlind"/> to each other.</summary>
internal sealed class HopApp : IAsyncDisposable
{
    private readonly ConnectedPair _pair;

    private HopApp(ConnectedPair pair, Hop atServer, Hop atClient)
    {
        _pair = pair;
        AtServer = atServer;
        AtClient = atClient;
    }

    public Hop AtServer { get; }

    public Hop AtClient { get; }

    public long Ended => AtServer.Ended + AtClient.Ended;

    public T Stub<T>(bool serverCallsClient)
        where T : class, ITunnelService<T> => _pair.Stub<T>(serverCallsClient);

    public static async Task<HopApp> StartAsync(int limit, int? pendingBytes = null)
    {
        ConnectedPair pair = null!;
        var atServer = new Hop(() => pair.Stub<IHop>(serverCallsClient: true));
        var atClient = new Hop(() => pair.Stub<IHop>(serverCallsClient: false));
        pair = await ConnectedPair.StartAsync(
            new UpgradeTransport(),
            services => services.AddService<IHop>(atServer)
                .AddService<IBlind>(new Blind(() => pair.Stub<IBlind>(serverCallsClient: true))),
            Configure,
            options =>
            {
                Configure(options);
                options.Serve<IHop>(atClient);
                options.Serve<IBlind>(new Blind(() => pair.Stub<IBlind>(serverCallsClient: false)));
            });
        return new HopApp(pair, atServer, atClient);

        void Configure(TunnelOptions options)
        {
            options.Limits.MaxConcurrentCalls = limit;
            options.Limits.MaxPendingCallBytes = pendingBytes ?? options.Limits.MaxPendingCallBytes;
        }
    }

    public ValueTask DisposeAsync() => _pair.DisposeAsync();
}
