using Microsoft.Extensions.Logging;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0018-migrations-try-one-path-at-a-time.md
/// <summary>
/// Keeps a session on the best available path, in one loop that runs only when there is something to do:
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

    // Replaced by the loop before it looks at the path; completed by OnCheck, and when the monitor stops.
    private TaskCompletionSource _checkDue = CreateCheckSource();

    // Written by OnCheck when the machine has slept, cleared by the loop.
    private volatile bool _hasSlept;

    // Written by the loop, read by OnCheck: the timestamp from which on a preferred transport may be tried; long.MaxValue if there is
    // none. long.MinValue while a migration runs in the background: the loop looks at it with each check.
    private long _nextMigrationTimestamp = long.MaxValue;

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

    /// <summary>
    /// Wakes the loop if the path has to be looked at: it waits for the peer, a transport is due to be tried, a migration runs, or the
    /// machine has slept. Called twice a second by <see cref="PathCheckTimer"/>; takes no lock.
    /// </summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="hasSlept">Whether the machine has slept since the previous check.</param>
    public void OnCheck(long now, bool hasSlept)
    {
        if (hasSlept)
        {
            _hasSlept = true;
        }

        if (hasSlept || _session.IsAwaitingPeer || now >= Volatile.Read(ref _nextMigrationTimestamp))
        {
            WakeLoop();
        }
    }

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
        ResetProgress();
        PathCheckTimer timer = PathCheckTimer.Get(_options.TimeProvider);
        using CancellationTokenRegistration stopping =
            _stopping.Token.UnsafeRegister(static monitor => ((PathMonitor)monitor!).WakeLoop(), this);
        timer.Add(this);
        try
        {
            await MonitorChecksAsync().ConfigureAwait(false);
        }
        finally
        {
            timer.Remove(this);
        }
    }

    private async Task MonitorChecksAsync()
    {
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
            Task check = _checkDue.Task;
            await Task.WhenAny(check, _session.Paths.Disconnected).ConfigureAwait(false);
            if (!check.IsCompleted)
            {
                continue;
            }

            // Replaced before the state is read, so that a later check wakes the loop again.
            Volatile.Write(ref _checkDue, CreateCheckSource());
            _stopping.Token.ThrowIfCancellationRequested();
            if (_hasSlept)
            {
                // The probe finds out whether the path still works before the next keepalive ping would.
                _hasSlept = false;
                _session.SendProbe();
            }

            await CheckProgressAsync().ConfigureAwait(false);
        }
    }

    private void WakeLoop() => Volatile.Read(ref _checkDue).TrySetResult();

    private static TaskCompletionSource CreateCheckSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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
        TimeSpan? wait = _migrator.GetTimeUntilNextAttempt();
        long next = wait is null ? long.MaxValue
            : _options.TimeProvider.GetTimestamp() + (long)Math.Ceiling(wait.Value.TotalSeconds * _options.TimeProvider.TimestampFrequency);
        if (wait is { Ticks: <= 0 } && !_session.IsEnding)
        {
            next = long.MinValue;
            _backgroundMigrationCancellation?.Dispose();
            _backgroundMigrationCancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _backgroundMigration = _migrator.TryMigrateAsync(
                _migrator.GetBetterTransports(), "a preferred transport had a path", _backgroundMigrationCancellation.Token);
        }

        Volatile.Write(ref _nextMigrationTimestamp, next);
    }

    /// <summary>Migrates the session to another path when the current one has stalled for <see cref="StallThreshold"/>.</summary>
    private async Task CheckProgressAsync()
    {
        PathProgress now = _session.GetPathProgress();
        _stalledFor = now.IsStalledSince(_lastProgress) ? _stalledFor + PathCheckTimer.Interval : TimeSpan.Zero;
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

                TimeSpan delay = backoff.NextDelay(_session.Paths.DisconnectedDuration ?? TimeSpan.Zero);
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
