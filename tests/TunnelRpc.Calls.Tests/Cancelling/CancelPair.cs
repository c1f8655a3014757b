using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>
/// A client and a server that both serve <see cref="ICancelService"/> with small limits. Reports the calls, streams and permits that
/// remain.
/// </summary>
internal sealed class CancelPair : IAsyncDisposable
{
    public const int MaxCalls = 2;
    public const int Window = 4096;

    /// <summary>Fails a test that hangs. Far above the duration of any test; not a performance limit.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

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
        BlockableTransport blockable = null!;
        var atServer = new CancelService(() => pair.Stub<ICancelService>(serverCallsClient: true));
        var atClient = new CancelService(() => pair.Stub<ICancelService>(serverCallsClient: false));
        pair = await ConnectedPair.StartAsync(
            transport,
            services => services.AddService<ICancelService>(atServer),
            server => Limit(server.Limits),
            client =>
            {
                Limit(client.Limits);
                client.Transports[0] = blockable = new BlockableTransport(client.Transports[0]);
                client.Serve<ICancelService>(atClient);
            });
        return new CancelPair(pair, blockable.Path, atServer, atClient);

        void Limit(TunnelLimits limits)
        {
            limits.MaxConcurrentCalls = maxCalls;
            limits.StreamWindow = Window;

            // One fragment fills the send buffer.
            limits.MaxUnacknowledgedBytes = 16 << 10;
        }
    }

    public ICancelService Stub(bool serverCallsClient) => _pair.Stub<ICancelService>(serverCallsClient);

    /// <summary>Returns the implementation that the stub calls.</summary>
    public CancelService Callee(bool serverCallsClient) => serverCallsClient ? _atClient : _atServer;

    /// <summary>Returns the peer object of the calling side.</summary>
    public TunnelPeer Caller(bool serverCallsClient) => serverCallsClient ? _server : _client;

    /// <summary>Disconnects the path.</summary>
    public ValueTask DisconnectAsync() => Path.DisposeAsync();

    /// <summary>Waits until no call remains on either side, then verifies that new calls work in both directions.</summary>
    public async Task ShouldBeIdleAsync()
    {
        await UntilAsync(() => DescribeRemaining().Length == 0, DescribeRemaining);
        foreach (bool direction in new[] { false, true })
        {
            ICancelService stub = Stub(direction);
            (await Task.WhenAll(Enumerable.Range(0, 4 * MaxCalls).Select(i => stub.EchoAsync(i)))
                .WaitAsync(HangTimeout)).ShouldBe(Enumerable.Range(0, 4 * MaxCalls));

            // More bytes than the window, so that the streams need credit.
            string name = Guid.NewGuid().ToString();
            int count = 0;
            await foreach (byte[] item in stub.ProduceAsync(name, 20, 1000).WithCancellation(CancellationToken.None))
            {
                if (++count == 20)
                {
                    break;
                }
            }

            IAsyncEnumerable<byte[]> items = new StreamSource().ItemsAsync(20, 1000, cancellationToken: default).Take(20);
            (await stub.ConsumeAsync(name, 30, items).WaitAsync(HangTimeout)).ShouldBe(20);
        }

        await UntilAsync(() => DescribeRemaining().Length == 0, DescribeRemaining);
    }

    /// <summary>Waits until a condition holds. Polls without a delay; throws TimeoutException after <see cref="HangTimeout"/>.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? state = null)
    {
        using var guard = new CancellationTokenSource(HangTimeout);
        while (!condition())
        {
            if (guard.IsCancellationRequested)
            {
                throw new TimeoutException(state?.Invoke() ?? "The condition did not become true before the hang timeout.");
            }

            await Task.Yield();
        }
    }

    /// <summary>Lists the streams, calls, permits, messages and references that remain; empty without any.</summary>
    public string DescribeRemaining()
    {
        return string.Join(", ", Of("server", _server).Concat(Of("client", _client)));

        static IEnumerable<string> Of(string side, TunnelPeer peer) => new[]
        {
            (What: "open streams", Count: peer.Multiplexer.OpenStreamCount),
            (What: "running calls", Count: peer.Multiplexer.IncomingCalls.Count),
            (What: "permits in use", Count: peer.Multiplexer.OutgoingCallCount),
            (What: "waiting calls", Count: peer.Multiplexer.WaitingCallCount),
            (What: "queued messages", Count: peer.Multiplexer.QueuedMessageCount),
            (What: "references", Count: peer.ExportedReferences.Count),
        }.Where(x => x.Count != 0).Select(x => $"{side}: {x.Count} {x.What}");
    }

    public ValueTask DisposeAsync()
    {
        Path.Release();
        return _pair.DisposeAsync();
    }
}
