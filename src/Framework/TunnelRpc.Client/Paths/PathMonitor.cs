using Microsoft.Extensions.Logging;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0018-migrations-try-one-path-at-a-time.md
/// <summary>
/// Keeps a session on the best available path, in one loop:
/// <list type="bullet">
/// <item>When the path is disconnected, it tries to resume the session on another path, until that succeeds or the session ends.</item>
/// <item>When the path stalls, it migrates the session to another path.</item>
/// <item>It tries preferred transports in the background, and migrates the session when one has a path.</item>
/// </list>
/// The owner starts, stops and disposes it.
/// </summary>
internal sealed class PathMonitor : IAsyncDisposable
{
    /// <summary>
    /// The least time without progress after which a path is stalled. The threshold is four round-trip times if that is longer.
    /// </summary>
    public static readonly TimeSpan MinStallThreshold = TimeSpan.FromSeconds(2);

    /// <summary>The interval of the checks of the path.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The machine has slept when the wall clock advanced more than the timestamps between two checks, by at least this time. Timestamps do
    /// not advance during sleep.
    /// </summary>
    public static readonly TimeSpan SleepThreshold = TimeSpan.FromSeconds(5);

    /// <summary>The additional time until the next migration attempt from a stalled path, after all transports failed.</summary>
    private static readonly TimeSpan StalledRetryDelay = TimeSpan.FromSeconds(10);

    private readonly TunnelSession _session;
    private readonly PathMigrator _migrator;
    private readonly TunnelClientOptions _options;
    private readonly ILogger _logger;
    private readonly Action<bool, string?> _onResumingChanged;

    // Cancelled when the monitor stops, and when the session ends. Never disposed, because a client that is disposed while its session ends
    // stops the monitor twice. That leaks nothing: the source has no timer, and its registrations end with the loop.
    private readonly CancellationTokenSource _stopping = new();
    private Task _monitoring = Task.CompletedTask;

    // Used by the loop only: the migration in the background, and its cancellation.
    private Task<bool> _backgroundMigration = Task.FromResult(false);
    private CancellationTokenSource? _backgroundMigrationCancellation;

    // Used by the loop only: the latest progress of the path in use, and how long it has stalled.
    private PathProgress _lastProgress;
    private TimeSpan _stalledFor;

    /// <param name="session">The session, started on its first path.</param>
    /// <param name="migrator">Migrates the session.</param>
    /// <param name="options">The client's options.</param>
    /// <param name="logger">The client's log.</param>
    /// <param name="onResumingChanged">
    /// Called with true and the reason when the path is disconnected, and with false when the session has resumed.
    /// </param>
    public PathMonitor(
        TunnelSession session, PathMigrator migrator, TunnelClientOptions options, ILogger logger, Action<bool, string?> onResumingChanged)
    {
        _session = session;
        _migrator = migrator;
        _options = options;
        _logger = logger;
        _onResumingChanged = onResumingChanged;
    }

    private TimeSpan StallThreshold => _migrator.RoundTripTime * 4 > MinStallThreshold ? _migrator.RoundTripTime * 4 : MinStallThreshold;

    /// <summary>Starts the loop. Called once.</summary>
    public void Start() => _monitoring = Task.Run(RunAsync);

    /// <summary>
    /// Stops the loop, and cancels a migration in progress. Does not change the session. May be called any number of times.
    /// </summary>
    public async Task StopAsync()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The session ended by itself while the client was closed, and the loop ended with it.
        }

        await _monitoring.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task RunAsync()
    {
        Task sessionEnded = StopWhenSessionEndsAsync();
        try
        {
            await MonitorAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The monitor was stopped, or the session has ended.
        }
        finally
        {
            await CancelBackgroundMigrationAsync().ConfigureAwait(false);
            await sessionEnded.ConfigureAwait(false);
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
            // Calls do not wait for a migration in the background: when the path is disconnected, the resumption cancels it.
            if (_session.Paths.Disconnected.IsCompleted
                || (!_backgroundMigration.IsCompleted && _session.Paths.DisconnectedDuration is not null))
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
            TimeSpan previousOffset = offset;
            offset = GetClockOffset();
            if (offset - previousOffset > SleepThreshold)
            {
                // The machine has slept. The probe finds out whether the path still works before the next keepalive ping would.
                _session.SendProbe();
            }

            await CheckProgressAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Returns the difference between the wall clock and the timestamps.</summary>
    private TimeSpan GetClockOffset() =>
        _options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch - _options.TimeProvider.GetElapsedTime(0);

    private void ResetProgress()
    {
        _stalledFor = TimeSpan.Zero;
        _lastProgress = _session.GetPathProgress();
    }

    /// <summary>Starts a migration in the background when one is due, and evaluates the result of the previous one.</summary>
    private async Task UpdateBackgroundMigrationAsync()
    {
        if (!_backgroundMigration.IsCompleted)
        {
            return;
        }

        if (await _backgroundMigration.ConfigureAwait(false))
        {
            // The recorded progress belongs to the previous path.
            ResetProgress();
        }

        _backgroundMigration = Task.FromResult(false);
        if (_migrator.GetTimeUntilNextAttempt() is { Ticks: <= 0 } && !_session.IsEnding)
        {
            _backgroundMigrationCancellation?.Dispose();
            _backgroundMigrationCancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _backgroundMigration = _migrator.TryMigrateAsync(
                _migrator.GetBetterTransports(), "a preferred transport had a path", _backgroundMigrationCancellation.Token);
        }
    }

    /// <summary>Migrates the session to another path when the current one has stalled for <see cref="StallThreshold"/>.</summary>
    private async Task CheckProgressAsync()
    {
        PathProgress now = _session.GetPathProgress();
        _stalledFor = now.IsStalledSince(_lastProgress) ? _stalledFor + CheckInterval : TimeSpan.Zero;
        _lastProgress = now;
        if (_stalledFor < StallThreshold)
        {
            return;
        }

        // The path may be disconnected while the migration looks for another one. The migration keeps the session alive until it is
        // disposed.
        using PathMigration migration = _session.Paths.BeginMigration();
        bool hasMigrated = await CancelBackgroundMigrationAsync().ConfigureAwait(false)
            || await _migrator.TryMigrateFromStalledPathAsync(_stalledFor, _stopping.Token).ConfigureAwait(false);
        ResetProgress();
        if (!hasMigrated)
        {
            _stalledFor = -StalledRetryDelay;
        }
    }

    /// <summary>
    /// Races the transports, with a delay after each failure, until the session has resumed on another path. The end of the session cancels
    /// it.
    /// </summary>
    private async Task ResumeAsync()
    {
        if (await CancelBackgroundMigrationAsync().ConfigureAwait(false))
        {
            // The session has migrated. The server closed the old path first, which is why the path was disconnected.
            return;
        }

        string? disconnectReason = _session.Paths.DisconnectReason;
        ClientLog.PathDisconnected(_logger, _session.Parameters.Id, _migrator.CurrentTransport, disconnectReason);
        _onResumingChanged(true, disconnectReason);

        bool hasResumed = false;
        var backoff = new Backoff(_options.ReconnectDelay, _options.MaxReconnectDelay, _options.Random);
        while (!hasResumed)
        {
            TunnelConnectException? failure = await _migrator
                .MigrateByRaceAsync(AttemptOutcome.Disconnected, "the path was disconnected", _stopping.Token)
                .ConfigureAwait(false);
            hasResumed = failure is null;
            if (failure is not null)
            {
                if (failure.Refusals.FirstOrDefault(r => r.IsSessionNotFound) is { } refusal)
                {
                    _session.End(new TunnelException(
                        TunnelStatus.Unavailable,
                        $"The path was disconnected, and the session cannot resume. {refusal.Message} "
                        + $"Reason of the disconnection: {disconnectReason}",
                        refusal));
                }

                TimeSpan delay = backoff.NextDelay();
                TimeSpan retryAfter = failure.RetryAfter < _options.MaxReconnectDelay ? failure.RetryAfter : _options.MaxReconnectDelay;
                delay = retryAfter > delay ? retryAfter : delay;
                await Task.Delay(delay, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
            }
        }

        _onResumingChanged(false, null);
    }

    /// <summary>Cancels the migration in the background, and waits for it. Returns whether the session had migrated before.</summary>
    private async Task<bool> CancelBackgroundMigrationAsync()
    {
        if (_backgroundMigrationCancellation is not null)
        {
            await _backgroundMigrationCancellation.CancelAsync().ConfigureAwait(false);
        }

        bool hasMigrated = await _backgroundMigration.ConfigureAwait(false);
        _backgroundMigration = Task.FromResult(false);
        _backgroundMigrationCancellation?.Dispose();
        _backgroundMigrationCancellation = null;
        return hasMigrated;
    }
}
