using Microsoft.Extensions.Logging;
using TunnelRpc.Client.Connecting;
using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Negotiation;

/// <summary>
/// Keeps a session on the best path there is: looks for another one when its path is lost, until there is one or the session is over; sees
/// when nothing comes through on the path in use, and moves the session away from it; tries preferred transports in the background, and moves
/// the session when one has a path. Its task is its owner's.
/// </summary>
internal sealed class PathKeeper : IAsyncDisposable
{
    /// <summary>How long data may wait without any progress, at least; four round trips where that is longer.</summary>
    public static readonly TimeSpan MinStall = TimeSpan.FromSeconds(2);

    /// <summary>How often the path is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How much more the wall clock may advance between two looks than the clock that stands still in sleep, before the machine is taken to have slept.</summary>
    public static readonly TimeSpan Sleep = TimeSpan.FromSeconds(5);

    /// <summary>How long a path that stalls is left alone after all others were tried in vain.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    private readonly TunnelSession _session;
    private readonly SessionMover _mover;
    private readonly TunnelClientOptions _options;
    private readonly ILogger _logger;
    private readonly Action<bool, string?> _onResuming;

    // Cancelled when this stops, and when the session is over. Never disposed: a client that is disposed as its session ends stops this
    // once more. It has no timer, and no registration outlives what this runs.
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    // The watching task's: a move in the background, and what gives it up.
    private Task<bool> _probing = Task.FromResult(false);
    private CancellationTokenSource? _probe;

    // The watching task's: what was seen of the path in use.
    private SessionProgress _earlier;
    private TimeSpan _stuckFor;

    /// <param name="session">The session, on its first path; started.</param>
    /// <param name="mover">Moves it.</param>
    /// <param name="options">The client's.</param>
    /// <param name="logger">Where losses are logged.</param>
    /// <param name="onResuming">Told when the path is lost, with how, and when there is another one.</param>
    public PathKeeper(TunnelSession session, SessionMover mover, TunnelClientOptions options, ILogger logger, Action<bool, string?> onResuming)
    {
        _session = session;
        _mover = mover;
        _options = options;
        _logger = logger;
        _onResuming = onResuming;
    }

    private TimeSpan StallTime => _mover.RoundTrip * 4 > MinStall ? _mover.RoundTrip * 4 : MinStall;

    /// <summary>Begins. Once.</summary>
    public void Start() => _watching = Task.Run(RunAsync);

    /// <summary>Stops; a move that is under way is given up. The session stays as it is.</summary>
    public async Task StopAsync()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Its session has ended by itself, and this with it, while the client was being closed: nothing runs any more.
        }

        await _watching.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task RunAsync()
    {
        Task over = StopWithSessionAsync();
        try
        {
            await WatchAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // As asked, or since the session is over.
        }
        finally
        {
            await EndProbeAsync().ConfigureAwait(false);
            await over.ConfigureAwait(false);
        }

        if (_session.IsOver)
        {
            _mover.OnOver();
        }
    }

    private async Task StopWithSessionAsync()
    {
        await _session.Completion.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync().ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, _options.TimeProvider);
        Task<bool> tick = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
        TimeSpan offset = ClockOffset();
        BeginWatch();
        while (true)
        {
            // A move in the background may take its time; whoever calls does not wait for it.
            if (_session.Paths.Lost.IsCompleted || (!_probing.IsCompleted && _session.Paths.LostFor is not null))
            {
                await ResumeAsync().ConfigureAwait(false);
                BeginWatch();
            }

            await ProbeAsync().ConfigureAwait(false);
            await Task.WhenAny(tick, _session.Paths.Lost).ConfigureAwait(false);
            if (!tick.IsCompleted)
            {
                continue;
            }

            await tick.ConfigureAwait(false);
            tick = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
            TimeSpan before = offset;
            offset = ClockOffset();
            if (offset - before > Sleep)
            {
                // Whether the path has survived the machine's sleep shows sooner than by the next ping.
                _session.Probe();
            }

            await LookAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How far the wall clock is ahead of the timestamps.</summary>
    private TimeSpan ClockOffset() => _options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch - _options.TimeProvider.GetElapsedTime(0);

    private void BeginWatch()
    {
        _stuckFor = TimeSpan.Zero;
        _earlier = _session.Observe();
    }

    /// <summary>Begins a move in the background when one is due; sees when one has come to something.</summary>
    private async Task ProbeAsync()
    {
        if (!_probing.IsCompleted)
        {
            return;
        }

        if (await _probing.ConfigureAwait(false))
        {
            // What was seen was seen of the path before.
            BeginWatch();
        }

        _probing = Task.FromResult(false);
        if (_mover.NextTry() is { Ticks: <= 0 } && !_session.IsEnding)
        {
            _probe?.Dispose();
            _probe = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _probing = _mover.TryAsync(_mover.Better(), "a preferred transport had a path, too", _probe.Token);
        }
    }

    private async Task LookAsync()
    {
        SessionProgress now = _session.Observe();
        _stuckFor = now.IsStuckSince(_earlier) ? _stuckFor + Interval : TimeSpan.Zero;
        _earlier = now;
        if (_stuckFor < StallTime)
        {
            return;
        }

        // The path may be lost before another one is found: that does not end the session meanwhile.
        using SessionMove move = _session.Paths.BeginMove();
        bool hasMoved = await EndProbeAsync().ConfigureAwait(false) || await _mover.LeaveStalledAsync(_stuckFor, _stopping.Token).ConfigureAwait(false);
        BeginWatch();
        if (!hasMoved)
        {
            _stuckFor = -RetryDelay;
        }
    }

    /// <summary>Looks for another path until there is one; the session may be over before.</summary>
    private async Task ResumeAsync()
    {
        if (await EndProbeAsync().ConfigureAwait(false))
        {
            // It was left, not lost: a server leaves the old path first.
            return;
        }

        string? loss = _session.Paths.Loss;
        ClientLog.PathLost(_logger, _session.Info.Id, _mover.Current, loss);
        _onResuming(true, loss);

        bool hasMoved = false;
        var backoff = new Backoff(_options.ReconnectDelay, _options.MaxReconnectDelay, _options.Random);
        while (!hasMoved)
        {
            TunnelConnectException? failure = await _mover.RaceAsync(AttemptOutcome.Broken, "the path was lost", _stopping.Token).ConfigureAwait(false);
            hasMoved = failure is null;
            if (failure is not null)
            {
                if (failure.Refusals.FirstOrDefault(r => r.IsGone) is { } gone)
                {
                    _session.End(new TunnelException(
                        TunnelStatus.Unavailable,
                        $"The path to the peer was lost, and the server does not know the session any more; it was restarted, or its ResumeWindow was over: {loss}",
                        gone));
                }

                TimeSpan delay = backoff.Next();
                await Task.Delay(failure.RetryAfter > delay ? failure.RetryAfter : delay, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
            }
        }

        _onResuming(false, null);
    }

    /// <summary>Gives up the move in the background; true when it came to something before.</summary>
    private async Task<bool> EndProbeAsync()
    {
        if (_probe is not null)
        {
            await _probe.CancelAsync().ConfigureAwait(false);
        }

        bool hasMoved = await _probing.ConfigureAwait(false);
        _probing = Task.FromResult(false);
        _probe?.Dispose();
        _probe = null;
        return hasMoved;
    }
}
