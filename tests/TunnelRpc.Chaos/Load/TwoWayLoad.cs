using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Numbered calls and streams from both sides concurrently. Started once, stopped once, then disposed.</summary>
internal sealed class TwoWayLoad : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly NumberedStreams _streamsUp;
    private readonly NumberedStreams _streamsDown;
    private Task _running = Task.CompletedTask;

    /// <param name="server">The stub with which the client calls the server.</param>
    /// <param name="client">The stub with which the server calls the client.</param>
    /// <param name="monitor">Receives the replies to the client's calls.</param>
    public TwoWayLoad(IChaosPeer server, IChaosPeer client, RecoveryMonitor? monitor = null)
    {
        ClientCalls = new NumberedCalls(server, Errors, 11, monitor);
        ServerCalls = new NumberedCalls(client, Errors, 12);
        _streamsUp = new NumberedStreams(server, Errors, 13);
        _streamsDown = new NumberedStreams(client, Errors, 14);
    }

    public LoadErrors Errors { get; } = new();

    /// <summary>The client's calls.</summary>
    public NumberedCalls ClientCalls { get; }

    /// <summary>The server's calls.</summary>
    public NumberedCalls ServerCalls { get; }

    /// <summary>The completed streams of the side that has completed fewer.</summary>
    public long Streams => Math.Min(_streamsUp.Completed, _streamsDown.Completed);

    /// <summary>Starts <paramref name="callers"/> callers and <paramref name="lanes"/> lanes on each side.</summary>
    public void Start(int callers, int lanes) => _running = Task.WhenAll(
        ClientCalls.RunAsync(callers, _stopping.Token),
        ServerCalls.RunAsync(callers, _stopping.Token),
        _streamsUp.RunAsync(lanes, _stopping.Token),
        _streamsDown.RunAsync(lanes, _stopping.Token));

    /// <summary>Waits until a call of each side that started after now has completed, or until there is an error.</summary>
    public async Task WaitForRepliesAsync(TimeSpan timeout)
    {
        // All calls in flight may have started before now.
        long up = ClientCalls.Started + 1;
        long down = ServerCalls.Started + 1;
        using var cancellation = new CancellationTokenSource(timeout);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while ((ClientCalls.Completed < up || ServerCalls.Completed < down) && !Errors.HasAny)
        {
            await poll.WaitForNextTickAsync(cancellation.Token);
        }
    }

    /// <summary>Starts no more calls and streams, and waits for those in flight.</summary>
    public async Task StopAsync(TimeSpan timeout)
    {
        await _stopping.CancelAsync();
        try
        {
            await _running.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            Errors.Add(
                $"after {timeout}, {ClientCalls.Started - ClientCalls.Completed} calls to the server and "
                + $"{ServerCalls.Started - ServerCalls.Completed} to the client are still in flight, and "
                + $"{_streamsUp.Started - _streamsUp.Completed} and {_streamsDown.Started - _streamsDown.Completed} streams");
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Returns the errors in the records of both sides; empty when every call ran once.</summary>
    public IReadOnlyList<string> FindErrors(CountingLedger atServer, CountingLedger atClient) =>
    [
        .. atServer.FindErrors(ClientCalls.Started).Select(f => "at the server " + f).Take(20),
        .. atClient.FindErrors(ServerCalls.Started).Select(f => "at the client " + f).Take(20),
    ];

    public string Describe(TimeSpan took) =>
        $"calls {ClientCalls.Completed} to the server and {ServerCalls.Completed} to the client, streams {_streamsUp.Completed} and "
        + $"{_streamsDown.Completed} with {(_streamsUp.Bytes + _streamsDown.Bytes) / 1e6:F0} MB in {took.TotalSeconds:F1} s";
}
