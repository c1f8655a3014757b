using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Numbered calls and streams from both sides at once. Started once, stopped once, disposed when it is stopped.</summary>
internal sealed class TwoWayLoad : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly NumberedStreams _streamsUp;
    private readonly NumberedStreams _streamsDown;
    private Task _running = Task.CompletedTask;

    /// <param name="server">The server, as the client calls it.</param>
    /// <param name="client">The client, as the server calls it.</param>
    /// <param name="watch">Sees the answers to the client's calls.</param>
    public TwoWayLoad(IChaosPeer server, IChaosPeer client, RecoveryMonitor? watch = null)
    {
        ClientCalls = new NumberedCalls(server, Errors, 11, watch);
        ServerCalls = new NumberedCalls(client, Errors, 12);
        _streamsUp = new NumberedStreams(server, Errors, 13);
        _streamsDown = new NumberedStreams(client, Errors, 14);
    }

    public LoadErrors Errors { get; } = new();

    /// <summary>The client's calls.</summary>
    public NumberedCalls ClientCalls { get; }

    /// <summary>The server's calls.</summary>
    public NumberedCalls ServerCalls { get; }

    /// <summary>Streams that have ended as they must, of the side that has fewer.</summary>
    public long Streams => Math.Min(_streamsUp.Completed, _streamsDown.Completed);

    /// <summary>Begins; each side has as many callers and lanes.</summary>
    public void Start(int callers, int lanes) => _running = Task.WhenAll(
        ClientCalls.RunAsync(callers, _stopping.Token),
        ServerCalls.RunAsync(callers, _stopping.Token),
        _streamsUp.RunAsync(lanes, _stopping.Token),
        _streamsDown.RunAsync(lanes, _stopping.Token));

    /// <summary>Waits until calls of both sides were answered that were begun from now on, or something went wrong.</summary>
    public async Task WaitForRepliesAsync(TimeSpan guard)
    {
        // As many as are under way may have begun before.
        long up = ClientCalls.Started + 1;
        long down = ServerCalls.Started + 1;
        using var hang = new CancellationTokenSource(guard);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while ((ClientCalls.Completed < up || ServerCalls.Completed < down) && !Errors.HasAny)
        {
            await look.WaitForNextTickAsync(hang.Token);
        }
    }

    /// <summary>Begins nothing any more, and waits for what runs.</summary>
    public async Task StopAsync(TimeSpan guard)
    {
        await _stopping.CancelAsync();
        try
        {
            await _running.WaitAsync(guard);
        }
        catch (TimeoutException)
        {
            Errors.Add($"after {guard} there are still under way {ClientCalls.Started - ClientCalls.Completed} calls to the server, {ServerCalls.Started - ServerCalls.Completed} to the client, {_streamsUp.Started - _streamsUp.Completed} and {_streamsDown.Started - _streamsDown.Completed} streams");
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>What is wrong with the records of both sides; empty when every call ran once.</summary>
    public IReadOnlyList<string> FindErrors(CountingLedger atServer, CountingLedger atClient) =>
        [.. atServer.FindErrors(ClientCalls.Started).Select(f => "at the server " + f).Take(20), .. atClient.FindErrors(ServerCalls.Started).Select(f => "at the client " + f).Take(20)];

    public string Describe(TimeSpan took) =>
        $"calls {ClientCalls.Completed} to the server and {ServerCalls.Completed} to the client, streams {_streamsUp.Completed} and {_streamsDown.Completed} with {(_streamsUp.Bytes + _streamsDown.Bytes) / 1e6:F0} MB in {took.TotalSeconds:F1} s";
}
