using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0088-final-responses.md
/// <summary>
/// Races the transports for a path, as Happy Eyeballs (RFC 8305) races addresses. A path is established when its handshake has succeeded.
/// The transports start in order: the next one starts when an earlier one has failed, or after
/// <see cref="TunnelClientOptions.AttemptDelay"/>. The first path wins, unless a preferred transport has one within
/// <see cref="TunnelClientOptions.PreferenceGrace"/>. The <see cref="TransportHistory"/> changes the order of the starts, not the
/// preference. When a response asks to wait (429, or Retry-After), no further transport starts in this race, and the next race starts with
/// the others, so that a response to one transport cannot exclude them. When the server requires other credentials (401), no further
/// transport starts either. One object runs one race. Not thread-safe.
/// </summary>
/// <remarks>
/// When a session migrates or resumes, all attempts run up to the server's reply at the same time, but only one at a time asks the server
/// to migrate: two successful requests would leave the two sides on different paths. The first path is taken, without the grace.
/// </remarks>
internal sealed class Negotiator : IDisposable
{
    private readonly TunnelClientOptions _options;
    private readonly TunnelEndpoint _endpoint;
    private readonly TransportHistory _history;
    private readonly string _routeKey;
    private readonly TunnelSession? _migratingSession;
    private readonly SemaphoreSlim _migrationLock = new(1, 1);
    private readonly long _startTimestamp;

    // The attempts in the order of preference.
    private readonly TransportAttempt[] _attempts;

    // The attempts in the order of their starts.
    private readonly TransportAttempt[] _startOrder;
    private int _nextToStart;

    // Replaced by the race, read by every thread. Null until the first attempt has started.
    private volatile Func<PathAttempt>[]? _progress;

    /// <param name="options">The client's options.</param>
    /// <param name="endpoint">The endpoint to connect to.</param>
    /// <param name="history">The successes and failures of the client's transports.</param>
    /// <param name="routeKey">The key of the endpoint's route in <paramref name="history"/>.</param>
    /// <param name="migratingSession">The session that migrates to the path; null for a new session.</param>
    /// <param name="transports">The transports to try, in the order of preference; null for all transports of the options.</param>
    public Negotiator(
        TunnelClientOptions options,
        TunnelEndpoint endpoint,
        TransportHistory history,
        string routeKey,
        TunnelSession? migratingSession = null,
        IEnumerable<ITransport>? transports = null)
    {
        _migratingSession = migratingSession;
        _options = options;
        _endpoint = endpoint;
        _history = history;
        _routeKey = routeKey;
        SemaphoreSlim? migrationLock = migratingSession is null ? null : _migrationLock;
        _attempts =
        [
            .. (transports ?? options.Transports).Select(t => new TransportAttempt(t, _endpoint, options, migratingSession, migrationLock)),
        ];
        _startOrder =
        [
            .. history.GetStartOrder(routeKey, [.. _attempts.Select(a => a.TransportName)])
                .Select(name => _attempts.First(a => a.TransportName == name)),
        ];
        _startTimestamp = options.TimeProvider.GetTimestamp();
    }

    /// <summary>
    /// Completes, without an exception and within <see cref="TunnelOptions.CloseTimeout"/>, when the paths that were established and not
    /// chosen are closed. Set when the race has ended, with or without a winner.
    /// </summary>
    public Task UnusedPathsClosed { get; private set; } = Task.CompletedTask;

    public void Dispose() => _migrationLock.Dispose();

    /// <summary>Returns a report of the race as it is now; null when no attempt has started. Thread-safe.</summary>
    public PathReport? CreateProgressReport() =>
        _progress is { } progress ? CreateReport(progress.Select(describe => describe())) : null;

    /// <summary>Runs the race. Returns the winner's path, which the caller owns, and the report.</summary>
    /// <exception cref="TunnelConnectException">No transport has a path.</exception>
    /// <exception cref="OperationCanceledException">The race was cancelled before it had a winner.</exception>
    public async Task<(EstablishedPath Path, PathReport Report)> RunAsync(CancellationToken cancellationToken)
    {
        using var attemptCancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TransportAttempt? winner = null;
        try
        {
            winner = await FindWinnerAsync(attemptCancellation.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await attemptCancellation.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_attempts.Select(a => a.Completion)).ConfigureAwait(false);
            UnusedPathsClosed = Task.WhenAll(_attempts.Where(a => a != winner).Select(a => a.CloseUnusedPathAsync()));
        }

        // A race with a winner ignores the cancellation, because the caller must own the path.
        if (winner is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_attempts.FirstOrDefault(a => a.DefersOthers) is { } deferring)
            {
                _history.RecordDeferral(_routeKey, deferring.TransportName);
            }

            if (_attempts.FirstOrDefault(StopsRace) is { } stopping)
            {
                foreach (TransportAttempt notTried in _startOrder[_nextToStart..])
                {
                    notTried.OnNotStarted(stopping);
                }
            }

            bool isFinal = IsFinal();
            throw new TunnelConnectException(
                CreateReport(),
                _attempts.Select(a => a.Error).LastOrDefault(e => e is not null),
                isFinal ? GetStatus() : TunnelStatus.Unavailable)
            {
                IsTransient = !isFinal && _attempts.Any(a => a.IsTransient),
                RetryAfter = _attempts.Max(a => a.RetryAfter),
                Refusals = [.. _attempts.Select(a => a.Error).OfType<SessionRefusedException>()],
            };
        }

        winner.OnWon();
        _history.RecordSuccess(_routeKey, winner.TransportName);

        // Another transport succeeded, so the failure of this one is not caused by the server or the network.
        foreach (TransportAttempt attempt in _attempts.Where(a => a.IsConclusive))
        {
            _history.RecordFailure(_routeKey, attempt.TransportName);
        }

        return (winner.EstablishedPath!, CreateReport());
    }

    /// <summary>Whether no further transport starts after the response to this attempt.</summary>
    private static bool StopsRace(TransportAttempt attempt) => attempt.DefersOthers || attempt.RequiresCredentials;

    /// <summary>
    /// Whether the server has answered, and each response was final. Attempts without a response, for instance those whose version of HTTP
    /// the server does not speak, do not count: the server is reachable without them.
    /// </summary>
    private bool IsFinal() =>
        _attempts.Any(a => a.RequiresCredentials)
        || (_attempts.Any(a => a.FinalStatus is not null) && _attempts.All(a => a.FinalStatus is not null || !a.HasResponse));

    /// <summary>The status of a final failure, as gRPC maps those of HTTP.</summary>
    private TunnelStatus GetStatus()
    {
        int?[] statuses = [.. _attempts.Select(a => a.FinalStatus).Where(status => status is not null)];
        return statuses.Contains(401) ? TunnelStatus.Unauthenticated
            : Array.TrueForAll(statuses, status => status == 403) ? TunnelStatus.PermissionDenied
            : TunnelStatus.Unavailable;
    }

    private PathReport CreateReport() => CreateReport(_attempts.Select(a => a.ToPathAttempt()));

    private PathReport CreateReport(IEnumerable<PathAttempt> attempts) =>
        new(_endpoint.Address, _endpoint.Proxy, [.. attempts], _options.TimeProvider.GetElapsedTime(_startTimestamp));

    private async Task<TransportAttempt?> FindWinnerAsync(CancellationToken attemptToken, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_attempts.FirstOrDefault(a => a.HasSucceeded) is { } best)
            {
                return await WaitForPreferredAsync(best, cancellationToken).ConfigureAwait(false);
            }

            Task[] running = [.. _attempts.Where(a => a.IsRunning).Select(a => a.Completion)];
            if (_nextToStart == _attempts.Length || _attempts.Any(StopsRace))
            {
                if (running.Length == 0)
                {
                    return null;
                }

                PublishProgress();
                await Task.WhenAny(running).WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            // The next attempt starts after the delay, or as soon as a running attempt has ended.
            TransportAttempt attempt = _startOrder[_nextToStart++];
            attempt.Start(attemptToken);
            PublishProgress();
            await WaitForAnyAsync(_options.AttemptDelay, [.. running, attempt.Completion], cancellationToken).ConfigureAwait(false);
        }
    }

    private void PublishProgress() => _progress = [.. _attempts.Select(a => a.Observe())];

    /// <summary>
    /// Waits for the attempts that are preferred to <paramref name="best"/>, up to <see cref="TunnelClientOptions.PreferenceGrace"/>.
    /// Returns the most preferred attempt that has a path.
    /// </summary>
    private async Task<TransportAttempt> WaitForPreferredAsync(TransportAttempt best, CancellationToken cancellationToken)
    {
        if (_migratingSession is not null)
        {
            return best;
        }

        Task[] preferred = [.. _attempts.TakeWhile(a => a != best).Where(a => a.IsRunning).Select(a => a.Completion)];
        if (preferred.Length > 0)
        {
            await WaitForAnyAsync(_options.PreferenceGrace, [Task.WhenAll(preferred)], cancellationToken).ConfigureAwait(false);
        }

        return _attempts.First(a => a.HasSucceeded);
    }

    private async Task WaitForAnyAsync(TimeSpan timeout, Task[] tasks, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(tasks).WaitAsync(timeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The attempts continue.
        }
    }
}
