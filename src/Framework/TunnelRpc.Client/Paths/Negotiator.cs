using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// Races the transports for a path that is proved by the handshake: they start in order, the next one when the earlier ones
/// have failed or taken too long; the first proved path wins, unless a preferred transport finishes within the grace. What is
/// remembered changes who starts first, not who is preferred. Knows no transport by name. One race an object.
/// </summary>
/// <remarks>
/// Where a session that exists is to move, all attempts go on up to the server's answer at once, and only one at a time asks the server to
/// move, since two that succeeded would leave both sides on different paths; the first one is taken.
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

    // In the order of preference.
    private readonly TransportAttempt[] _attempts;

    // In the order of their starts.
    private readonly TransportAttempt[] _startOrder;
    private int _nextToStart;

    /// <param name="options">The client's.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="history">What is known of the way there.</param>
    /// <param name="routeKey">The way's key.</param>
    /// <param name="migratingSession">The session that is to move; null for a new one.</param>
    /// <param name="transports">Those to try; null for all of the options.</param>
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
        _attempts = [.. (transports ?? options.Transports).Select(t => new TransportAttempt(t, _endpoint, options, migratingSession, migratingSession is null ? null : _migrationLock))];
        _startOrder = [.. history.GetStartOrder(routeKey, [.. _attempts.Select(a => a.TransportName)]).Select(name => _attempts.First(a => a.TransportName == name))];
        _startTimestamp = options.TimeProvider.GetTimestamp();
    }

    /// <summary>Completes, without an exception and within the close timeout, when paths that were proved and not chosen are closed. Set when the race has ended, however it did.</summary>
    public Task UnusedPathsClosed { get; private set; } = Task.CompletedTask;

    public void Dispose() => _migrationLock.Dispose();

    /// <exception cref="TunnelConnectException">There is no path.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<(EstablishedPath Path, PathReport Report)> RunAsync(CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TransportAttempt? winner = null;
        try
        {
            winner = await FindWinnerAsync(losers.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_attempts.Select(a => a.Completion)).ConfigureAwait(false);
            UnusedPathsClosed = Task.WhenAll(_attempts.Where(a => a != winner).Select(a => a.CloseUnusedPathAsync()));
        }

        // With a winner, giving up came too late: somebody must own the path.
        if (winner is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PathReport report = CreateReport();
            throw new TunnelConnectException(report, _attempts.Select(a => a.Error).LastOrDefault(e => e is not null))
            {
                IsTransient = _attempts.Any(a => a.IsTransient),
                Refusals = [.. _attempts.Select(a => a.Error).OfType<SessionRefusedException>()],
            };
        }

        winner.Outcome = AttemptOutcome.Won;
        _history.RecordSuccess(_routeKey, winner.TransportName);

        // Beside a success, a failure is the transport's and not the server's or the network's.
        foreach (TransportAttempt attempt in _attempts.Where(a => a.IsConclusive))
        {
            _history.RecordFailure(_routeKey, attempt.TransportName);
        }

        return (winner.EstablishedPath!, CreateReport());
    }

    private PathReport CreateReport() => new(
        _endpoint.Address,
        _endpoint.Proxy,
        [.. _attempts.Select(a => a.ToPathAttempt())],
        _options.TimeProvider.GetElapsedTime(_startTimestamp));

    private async Task<TransportAttempt?> FindWinnerAsync(CancellationToken attemptToken, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_attempts.FirstOrDefault(a => a.HasSucceeded) is { } best)
            {
                return await WaitForPreferredAsync(best, cancellationToken).ConfigureAwait(false);
            }

            Task[] running = [.. _attempts.Where(a => a.IsRunning).Select(a => a.Completion)];
            if (_nextToStart == _attempts.Length)
            {
                if (running.Length == 0)
                {
                    return null;
                }

                await Task.WhenAny(running).WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            // A failure starts the next attempt at once; so does a start that finds nothing under way.
            TransportAttempt attempt = _startOrder[_nextToStart++];
            attempt.Start(attemptToken);
            await WaitForAnyAsync(_options.AttemptDelay, [.. running, attempt.Completion], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the attempts before <paramref name="best"/> a little longer: a path proved a moment later may be the better one.</summary>
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
            // Not ended yet: the race goes on beside them.
        }
    }
}
