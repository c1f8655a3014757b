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
    public TwoWayLoad(IChaosPeer server, IChaosPeer client, CutWatch? watch = null)
    {
        Up = new NumberedCalls(server, Faults, 11, watch);
        Down = new NumberedCalls(client, Faults, 12);
        _streamsUp = new NumberedStreams(server, Faults, 13);
        _streamsDown = new NumberedStreams(client, Faults, 14);
    }

    public Faults Faults { get; } = new();

    /// <summary>The client's calls.</summary>
    public NumberedCalls Up { get; }

    /// <summary>The server's calls.</summary>
    public NumberedCalls Down { get; }

    /// <summary>Streams that have ended as they must, of the side that has fewer.</summary>
    public long Streams => Math.Min(_streamsUp.Done, _streamsDown.Done);

    /// <summary>Begins; each side has as many callers and lanes.</summary>
    public void Start(int callers, int lanes) => _running = Task.WhenAll(
        Up.RunAsync(callers, _stopping.Token),
        Down.RunAsync(callers, _stopping.Token),
        _streamsUp.RunAsync(lanes, _stopping.Token),
        _streamsDown.RunAsync(lanes, _stopping.Token));

    /// <summary>Waits until calls of both sides were answered that were begun from now on, or something went wrong.</summary>
    public async Task NextAnswersAsync(TimeSpan guard)
    {
        // As many as are under way may have begun before.
        long up = Up.Begun + 1;
        long down = Down.Begun + 1;
        using var hang = new CancellationTokenSource(guard);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while ((Up.Answered < up || Down.Answered < down) && !Faults.Any)
        {
            await look.WaitForNextTickAsync(hang.Token);
        }
    }

    /// <summary>Begins nothing any more, and waits for what runs.</summary>
    public async Task StopAsync(TimeSpan guard)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(guard);
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>What is wrong with the records of both sides; empty when every call ran once.</summary>
    public IReadOnlyList<string> FindFaults(CountingLedger atServer, CountingLedger atClient) =>
        [.. atServer.FindFaults(Up.Begun).Select(f => "at the server " + f).Take(20), .. atClient.FindFaults(Down.Begun).Select(f => "at the client " + f).Take(20)];

    public string Describe(TimeSpan took) =>
        $"calls {Up.Answered} to the server and {Down.Answered} to the client, streams {_streamsUp.Done} and {_streamsDown.Done} with {(_streamsUp.Bytes + _streamsDown.Bytes) / 1e6:F0} MB in {took.TotalSeconds:F1} s";
}
