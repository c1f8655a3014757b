using Microsoft.Extensions.Logging;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// Keeps a session on the best path there is: looks for another one when its path is lost, until there is one or the session is over; sees
/// when nothing comes through on the path in use, and moves the session away from it; tries preferred transports in the background, and moves
/// the session when one has a path. Its task is its owner's.
/// </summary>
internal sealed class PathMonitor : IAsyncDisposable
{
    /// <summary>How long data may wait without any progress, at least; four round trips where that is longer.</summary>
    public static readonly TimeSpan MinStallThreshold = TimeSpan.FromSeconds(2);

    /// <summary>How often the path is looked at.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How much more the wall clock may advance between two looks than the clock that stands still in sleep, before the machine is taken to have slept.</summary>
    public static readonly TimeSpan SleepThreshold = TimeSpan.FromSeconds(5);

    /// <summary>How long a path that stalls is left alone after all others were tried in vain.</summary>
    private static readonly TimeSpan StalledRetryDelay = TimeSpan.FromSeconds(10);

    private readonly TunnelSession _session;
    private readonly PathMigrator _migrator;
    private readonly TunnelClientOptions _options;
    private readonly ILogger _logger;
    private readonly Action<bool, string?> _onResumingChanged;

    // Cancelled when this stops, and when the session is over. Never disposed: a client that is disposed as its session ends stops this
    // once more. It has no timer, and no registration outlives what this runs.
    private readonly CancellationTokenSource _stopping = new();
    private Task _monitoring = Task.CompletedTask;

    // The watching task's: a move in the background, and what gives it up.
    private Task<bool> _backgroundMigration = Task.FromResult(false);
    private CancellationTokenSource? _backgroundMigrationCancellation;

    // The watching task's: what was seen of the path in use.
    private PathProgress _lastProgress;
    private TimeSpan _stalledFor;

    /// <param name="session">The session, on its first path; started.</param>
    /// <param name="migrator">Moves it.</param>
    /// <param name="options">The client's.</param>
    /// <param name="logger">Where losses are logged.</param>
    /// <param name="onResumingChanged">Told when the path is lost, with how, and when there is another one.</param>
    public PathMonitor(TunnelSession session, PathMigrator migrator, TunnelClientOptions options, ILogger logger, Action<bool, string?> onResumingChanged)
    {
        _session = session;
        _migrator = migrator;
        _options = options;
        _logger = logger;
        _onResumingChanged = onResumingChanged;
    }

    private TimeSpan StallThreshold => _migrator.RoundTripTime * 4 > MinStallThreshold ? _migrator.RoundTripTime * 4 : MinStallThreshold;

    /// <summary>Begins. Once.</summary>
    public void Start() => _monitoring = Task.Run(RunAsync);

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

        await _monitoring.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task RunAsync()
    {
        Task over = StopWhenSessionEndsAsync();
        try
        {
            await MonitorAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // As asked, or since the session is over.
        }
        finally
        {
            await CancelBackgroundMigrationAsync().ConfigureAwait(false);
            await over.ConfigureAwait(false);
        }

        if (_session.IsEnded)
        {
            _migrator.OnSessionEnded();
        }
    }

    private async Task StopWhenSessionEndsAsync()
    {
        await _session.Completion.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync().ConfigureAwait(false);
    }

    private async Task MonitorAsync()
    {
        using var timer = new PeriodicTimer(CheckInterval, _options.TimeProvider);
        Task<bool> tick = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
        TimeSpan offset = GetClockOffset();
        ResetProgress();
        while (true)
        {
            // A move in the background may take its time; whoever calls does not wait for it.
            if (_session.Paths.Disconnected.IsCompleted || (!_backgroundMigration.IsCompleted && _session.Paths.DisconnectedDuration is not null))
            {
                await ResumeAsync().ConfigureAwait(false);
                ResetProgress();
            }

            await UpdateBackgroundMigrationAsync().ConfigureAwait(false);
            await Task.WhenAny(tick, _session.Paths.Disconnected).ConfigureAwait(false);
            if (!tick.IsCompleted)
            {
                continue;
            }

            await tick.ConfigureAwait(false);
            tick = timer.WaitForNextTickAsync(_stopping.Token).AsTask();
            TimeSpan before = offset;
            offset = GetClockOffset();
            if (offset - before > SleepThreshold)
            {
                // Whether the path has survived the machine's sleep shows sooner than by the next ping.
                _session.SendProbe();
            }

            await CheckProgressAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How far the wall clock is ahead of the timestamps.</summary>
    private TimeSpan GetClockOffset() => _options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch - _options.TimeProvider.GetElapsedTime(0);

    private void ResetProgress()
    {
        _stalledFor = TimeSpan.Zero;
        _lastProgress = _session.GetPathProgress();
    }

    /// <summary>Begins a move in the background when one is due; sees when one has come to something.</summary>
    private async Task UpdateBackgroundMigrationAsync()
    {
        if (!_backgroundMigration.IsCompleted)
        {
            return;
        }

        if (await _backgroundMigration.ConfigureAwait(false))
        {
            // What was seen was seen of the path before.
            ResetProgress();
        }

        _backgroundMigration = Task.FromResult(false);
        if (_migrator.GetTimeUntilNextAttempt() is { Ticks: <= 0 } && !_session.IsEnding)
        {
            _backgroundMigrationCancellation?.Dispose();
            _backgroundMigrationCancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _backgroundMigration = _migrator.TryMigrateAsync(_migrator.GetBetterTransports(), "a preferred transport had a path, too", _backgroundMigrationCancellation.Token);
        }
    }

    private async Task CheckProgressAsync()
    {
        PathProgress now = _session.GetPathProgress();
        _stalledFor = now.IsStalledSince(_lastProgress) ? _stalledFor + CheckInterval : TimeSpan.Zero;
        _lastProgress = now;
        if (_stalledFor < StallThreshold)
        {
            return;
        }

        // The path may be lost before another one is found: that does not end the session meanwhile.
        using PathMigration move = _session.Paths.BeginMigration();
        bool hasMoved = await CancelBackgroundMigrationAsync().ConfigureAwait(false) || await _migrator.TryMigrateFromStalledPathAsync(_stalledFor, _stopping.Token).ConfigureAwait(false);
        ResetProgress();
        if (!hasMoved)
        {
            _stalledFor = -StalledRetryDelay;
        }
    }

    /// <summary>Looks for another path until there is one; the session may be over before.</summary>
    private async Task ResumeAsync()
    {
        if (await CancelBackgroundMigrationAsync().ConfigureAwait(false))
        {
            // It was left, not lost: a server leaves the old path first.
            return;
        }

        string? loss = _session.Paths.DisconnectReason;
        ClientLog.PathDisconnected(_logger, _session.Parameters.Id, _migrator.CurrentTransport, loss);
        _onResumingChanged(true, loss);

        bool hasMoved = false;
        var backoff = new Backoff(_options.ReconnectDelay, _options.MaxReconnectDelay, _options.Random);
        while (!hasMoved)
        {
            TunnelConnectException? failure = await _migrator.MigrateByRaceAsync(AttemptOutcome.Disconnected, "the path was lost", _stopping.Token).ConfigureAwait(false);
            hasMoved = failure is null;
            if (failure is not null)
            {
                if (failure.Refusals.FirstOrDefault(r => r.IsSessionNotFound) is { } gone)
                {
                    _session.End(new TunnelException(
                        TunnelStatus.Unavailable,
                        $"The path to the peer was lost, and the server does not know the session any more; it was restarted, or its ResumeWindow was over: {loss}",
                        gone));
                }

                TimeSpan delay = backoff.NextDelay();
                await Task.Delay(failure.RetryAfter > delay ? failure.RetryAfter : delay, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
            }
        }

        _onResumingChanged(false, null);
    }

    /// <summary>Gives up the move in the background; true when it came to something before.</summary>
    private async Task<bool> CancelBackgroundMigrationAsync()
    {
        if (_backgroundMigrationCancellation is not null)
        {
            await _backgroundMigrationCancellation.CancelAsync().ConfigureAwait(false);
        }

        bool hasMoved = await _backgroundMigration.ConfigureAwait(false);
        _backgroundMigration = Task.FromResult(false);
        _backgroundMigrationCancellation?.Dispose();
        _backgroundMigrationCancellation = null;
        return hasMoved;
    }
}
