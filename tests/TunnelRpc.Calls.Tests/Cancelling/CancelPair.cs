using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Two sides that serve each other <see cref="ICancelService"/> with little room, and a look at what is left in them.</summary>
internal sealed class CancelPair : IAsyncDisposable
{
    public const int MaxCalls = 2;
    public const int Window = 4096;

    /// <summary>A hang guard, not a measure: far above what any case takes.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(15);

    private readonly ConnectedPair _pair;
    private readonly CancelService _atServer;
    private readonly CancelService _atClient;
    private readonly TunnelPeer _server;
    private readonly TunnelPeer _client;

    private CancelPair(ConnectedPair pair, BlockablePath path, CancelService atServer, CancelService atClient)
    {
        _pair = pair;
        _atServer = atServer;
        _atClient = atClient;
        Path = path;
        _client = pair.Client.CurrentPeer!;
        _server = pair.Services.GetRequiredService<TunnelServer>().FindSession(pair.Client.SessionId!)!.Peer;
    }

    public BlockablePath Path { get; }

    public static async Task<CancelPair> StartAsync(ITransport? transport, int maxCalls = MaxCalls)
    {
        ConnectedPair pair = null!;
        BlockableTransport held = null!;
        var atServer = new CancelService(() => pair.Stub<ICancelService>(serverCallsClient: true));
        var atClient = new CancelService(() => pair.Stub<ICancelService>(serverCallsClient: false));
        pair = await ConnectedPair.StartAsync(
            transport,
            services => services.AddService<ICancelService>(atServer),
            server => Limit(server.Limits),
            client =>
            {
                Limit(client.Limits);
                client.Transports[0] = held = new BlockableTransport(client.Transports[0]);
                client.Serve<ICancelService>(atClient);
            });
        return new CancelPair(pair, held.Path, atServer, atClient);

        void Limit(TunnelLimits limits)
        {
            limits.MaxConcurrentCalls = maxCalls;
            limits.StreamWindow = Window;

            // One fragment fills it.
            limits.MaxUnacknowledgedBytes = 16 << 10;
        }
    }

    public ICancelService Stub(bool serverCallsClient) => _pair.Stub<ICancelService>(serverCallsClient);

    /// <summary>The implementation that the stub reaches.</summary>
    public CancelService Callee(bool serverCallsClient) => serverCallsClient ? _atClient : _atServer;

    /// <summary>The caller's view of the session.</summary>
    public TunnelPeer Caller(bool serverCallsClient) => serverCallsClient ? _server : _client;

    /// <summary>The session ends as if the path had been lost.</summary>
    public ValueTask DisconnectAsync() => Path.DisposeAsync();

    /// <summary>Waits until nothing is left of any call on either side, and shows that everything works, in both directions.</summary>
    public async Task ShouldBeIdleAsync()
    {
        await UntilAsync(() => DescribeRemaining().Length == 0, DescribeRemaining);
        foreach (bool direction in new[] { false, true })
        {
            ICancelService stub = Stub(direction);
            (await Task.WhenAll(Enumerable.Range(0, 4 * MaxCalls).Select(i => stub.EchoAsync(i))).WaitAsync(HangTimeout)).ShouldBe(Enumerable.Range(0, 4 * MaxCalls));

            // More than the window: credit goes round.
            string name = Guid.NewGuid().ToString();
            int count = 0;
            await foreach (byte[] item in stub.GiveAsync(name, 20, 1000).WithCancellation(CancellationToken.None))
            {
                if (++count == 20)
                {
                    break;
                }
            }

            (await stub.TakeAsync(name, 30, new StreamSource().ItemsAsync(20, 1000, cancellationToken: default).Take(20)).WaitAsync(HangTimeout)).ShouldBe(20);
        }

        await UntilAsync(() => DescribeRemaining().Length == 0, DescribeRemaining);
    }

    /// <summary>Waits for what follows from what others do, without a clock but the guard's.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? state = null)
    {
        using var guard = new CancellationTokenSource(HangTimeout);
        while (!condition())
        {
            if (guard.IsCancellationRequested)
            {
                throw new TimeoutException(state?.Invoke() ?? "The condition did not come.");
            }

            await Task.Yield();
        }
    }

    /// <summary>What is left, in words; nothing when all is over.</summary>
    public string DescribeRemaining()
    {
        return string.Join(", ", Of("server", _server).Concat(Of("client", _client)));

        static IEnumerable<string> Of(string side, TunnelPeer peer) => new[]
        {
            (What: "open streams", Count: peer.Multiplexer.OpenStreamCount),
            (What: "calls that run", Count: peer.Multiplexer.IncomingCalls.Count),
            (What: "room taken", Count: peer.Multiplexer.OutgoingCallCount),
            (What: "calls that wait", Count: peer.Multiplexer.WaitingCallCount),
            (What: "messages queued", Count: peer.Multiplexer.QueuedMessageCount),
            (What: "references", Count: peer.ExportedReferences.Count),
        }.Where(x => x.Count != 0).Select(x => $"{side}: {x.Count} {x.What}");
    }

    public ValueTask DisposeAsync()
    {
        Path.Release();
        return _pair.DisposeAsync();
    }
}
