using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

// Decision: docs/adr/0021-resuming-races-transports.md
/// <summary>
/// Opens other paths to a session's server, migrates the session to them, and updates the report. Not thread-safe: the
/// <see cref="PathMonitor"/> runs one migration at a time.
/// </summary>
internal sealed class PathMigrator
{
    private readonly TunnelSession _session;
    private readonly Uri _address;
    private readonly TunnelClientOptions _options;
    private readonly EndpointFactory _endpoints;
    private readonly TransportHistory _history;
    private readonly ILogger _logger;
    private readonly Action<PathReport> _onReport;

    // The timestamp of each transport's latest failure in this session.
    private readonly Dictionary<string, long> _failedAt = [];
    private PathReport _report;
    private string _routeKey;

    public PathMigrator(
        TunnelSession session,
        EstablishedPath path,
        PathReport report,
        TunnelClientOptions options,
        EndpointFactory endpoints,
        TransportHistory history,
        string routeKey,
        ILogger logger,
        Action<PathReport> onReport)
    {
        _session = session;
        _address = report.Address;
        _options = options;
        _endpoints = endpoints;
        _history = history;
        _logger = logger;
        _onReport = onReport;
        _report = report;
        _routeKey = routeKey;
        RoundTripTime = path.RoundTripTime;
        CurrentTransport = report.Winner!.Transport;
    }

    /// <summary>The name of the transport in use.</summary>
    public string CurrentTransport { get; private set; }

    /// <summary>The round-trip time of the path in use, measured by its handshake.</summary>
    public TimeSpan RoundTripTime { get; private set; }

    /// <summary>
    /// Returns the transports that are preferred to the one in use and have not failed recently, in the order of preference.
    /// </summary>
    public IReadOnlyList<ITransport> GetBetterTransports() =>
        [.. GetPreferredTransports().Where(t => GetRetryDelay(t.Name) <= TimeSpan.Zero)];

    /// <summary>
    /// Returns the time until a preferred transport may be tried again; null when no transport is preferred to the one in use.
    /// </summary>
    public TimeSpan? GetTimeUntilNextAttempt()
    {
        TimeSpan[] waits = [.. GetPreferredTransports().Select(t => GetRetryDelay(t.Name))];
        return waits.Length == 0 ? null : waits.Min();
    }

    /// <summary>
    /// Migrates the session away from a stalled path: to another transport, or, if no other transport has a path, to a new path of the same
    /// transport, because only this one connection may have stalled. Returns whether the session migrated.
    /// </summary>
    /// <exception cref="OperationCanceledException">The migration was cancelled.</exception>
    public async Task<bool> TryMigrateFromStalledPathAsync(TimeSpan stalledFor, CancellationToken cancellationToken)
    {
        ClientLog.PathStalled(_logger, _session.Parameters.Id, CurrentTransport, stalledFor);
        _history.RecordFailure(_routeKey, CurrentTransport);
        string reason = $"it stalled for {stalledFor.TotalSeconds:0.#} s";
        ILookup<bool, ITransport> others = _options.Transports.ToLookup(t => t.Name != CurrentTransport);
        return (others[true].Any() && await TryRaceAsync(others[true]).ConfigureAwait(false))
            || await TryRaceAsync(others[false]).ConfigureAwait(false);

        async Task<bool> TryRaceAsync(IEnumerable<ITransport> transports) =>
            await MigrateByRaceAsync(AttemptOutcome.Stalled, reason, cancellationToken, transports).ConfigureAwait(false) is null;
    }

    /// <summary>
    /// Tries the transports one after the other, and migrates the session to the first path. Returns whether the session migrated. Does not
    /// throw, also not when it is cancelled.
    /// </summary>
    public async Task<bool> TryMigrateAsync(IReadOnlyList<ITransport> candidates, string reason, CancellationToken cancellationToken)
    {
        using PathMigration migration = _session.Paths.BeginMigration();
        foreach (ITransport transport in candidates)
        {
            if (cancellationToken.IsCancellationRequested
                || _session.IsEnded
                || await CreateEndpointAsync(cancellationToken).ConfigureAwait(false) is not { } endpoint)
            {
                return false;
            }

            var attempt = new TransportAttempt(transport, endpoint, _options, _session);
            attempt.Start(cancellationToken);
            await attempt.Completion.ConfigureAwait(false);
            if (attempt.EstablishedPath is { } path)
            {
                attempt.OnWon();
                return await AttachAsync(path, [attempt.ToPathAttempt()], AttemptOutcome.Superseded, reason).ConfigureAwait(false);
            }

            if (attempt.Outcome != AttemptOutcome.Abandoned && !_session.IsEnded)
            {
                OnAttemptFailed(attempt);
            }

            if (attempt.DefersOthers)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>
    /// Races the transports, and migrates the session to the first path. Returns null when the session migrated, or else the failure.
    /// </summary>
    /// <param name="previousOutcome">The outcome of the previous path in the report when the session migrates.</param>
    /// <param name="reason">Why the session leaves the previous path, for the report.</param>
    /// <param name="cancellationToken">Cancels the race.</param>
    /// <param name="transports">The transports to try; null for all.</param>
    /// <exception cref="OperationCanceledException">The race was cancelled.</exception>
    public async Task<TunnelConnectException?> MigrateByRaceAsync(
        AttemptOutcome previousOutcome, string reason, CancellationToken cancellationToken, IEnumerable<ITransport>? transports = null)
    {
        using PathMigration migration = _session.Paths.BeginMigration();
        if (await CreateEndpointAsync(cancellationToken).ConfigureAwait(false) is not { } endpoint)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new TunnelConnectException(_report, null) { IsTransient = true };
        }

        using var negotiator = new Negotiator(_options, endpoint, _history, _routeKey, _session, transports);
        try
        {
            (EstablishedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            IEnumerable<PathAttempt> attempts = report.Attempts.Where(a => a.Outcome != AttemptOutcome.NotTried);
            return await AttachAsync(path, attempts, previousOutcome, reason).ConfigureAwait(false)
                ? null
                : new TunnelConnectException(report, null) { IsTransient = true };
        }
        catch (TunnelConnectException failed)
        {
            PublishReport(_report.WithAttempts(failed.Report.Attempts));
            return failed;
        }
    }

    /// <summary>
    /// The session has ended: adds to the report why the path in use was disconnected, for instance that an intermediary closes idle
    /// connections.
    /// </summary>
    public void OnSessionEnded()
    {
        if (_session.Paths.DisconnectReason is { } disconnectReason)
        {
            string reason = $"the path was disconnected: {disconnectReason}";
            PublishReport(_report.WithAttempts(CreateEndedAttempt(AttemptOutcome.Disconnected, reason)));
        }
    }

    private IEnumerable<ITransport> GetPreferredTransports() => _options.Transports.TakeWhile(t => t.Name != CurrentTransport);

    private async ValueTask<TunnelEndpoint?> CreateEndpointAsync(CancellationToken cancellationToken)
    {
        try
        {
            TunnelEndpoint endpoint = await _endpoints.CreateAsync(_address, cancellationToken).ConfigureAwait(false);
            _routeKey = TransportHistory.GetRouteKey(endpoint);
            return endpoint;
        }
        catch (Exception error)
        {
            // The token provider and the proxy settings are the application's: each exception fails this attempt only.
            if (!cancellationToken.IsCancellationRequested)
            {
                ClientLog.EndpointResolutionFailed(_logger, error.Message);
            }

            return null;
        }
    }

    /// <summary>
    /// Attaches the session to the new path, and updates the report. Cannot be cancelled, because the server uses the new path already.
    /// Returns false when the session has ended.
    /// </summary>
    private async Task<bool> AttachAsync(
        EstablishedPath path, IEnumerable<PathAttempt> attempts, AttemptOutcome previousOutcome, string reason)
    {
        // When the session migrates to a preferred path, the server closes the old path first. That is no failure of the old path.
        string? disconnectReason = previousOutcome == AttemptOutcome.Superseded ? null : _session.Paths.DisconnectReason;
        if (await _session.Paths
            .AttachAsync(path.Connection, path.Input, path.SessionInfo.Epoch, path.AcknowledgedOffset)
            .ConfigureAwait(false) is null)
        {
            return false;
        }

        string previous = CurrentTransport;
        CurrentTransport = path.Connection.Info.Transport;
        RoundTripTime = path.RoundTripTime;
        _history.RecordSuccess(_routeKey, CurrentTransport);
        _failedAt.Remove(CurrentTransport);

        // When the new path has the same transport as the previous one, the report shows the new path.
        string details = disconnectReason is null ? "" : $": {disconnectReason}";
        PublishReport(_report
            .WithAttempts(CreateEndedAttempt(previousOutcome, $"{reason}{details}; the session migrated to {CurrentTransport}.", previous))
            .WithAttempts(attempts.Where(a => a.Transport != previous || a.Outcome == AttemptOutcome.Won)));
        if (disconnectReason is null)
        {
            ClientLog.SessionMigrated(_logger, _session.Parameters.Id, previous, CurrentTransport);
        }
        else
        {
            ClientLog.SessionResumed(_logger, _session.Parameters.Id, CurrentTransport);
        }

        return true;
    }

    private void OnAttemptFailed(TransportAttempt attempt)
    {
        if (attempt.IsConclusive)
        {
            _history.RecordFailure(_routeKey, attempt.TransportName);
        }

        // A failure that is not conclusive is not recorded in the history, so that a new session tries the transport as usual. This
        // session, which has a working path, delays the next try as long as after a conclusive failure.
        _failedAt[attempt.TransportName] = _options.TimeProvider.GetTimestamp();
        PublishReport(_report.WithAttempts(attempt.ToPathAttempt()));
    }

    /// <summary>Returns the time until the transport may be tried again; zero or less when it may be tried now.</summary>
    private TimeSpan GetRetryDelay(string transport)
    {
        TimeSpan recorded = _history.GetRemainingFailureTime(_routeKey, transport);
        TimeSpan own = _failedAt.TryGetValue(transport, out long at)
            ? TransportHistory.FailureLifetime - _options.TimeProvider.GetElapsedTime(at)
            : TimeSpan.Zero;
        return recorded > own ? recorded : own;
    }

    private PathAttempt CreateEndedAttempt(AttemptOutcome outcome, string reason, string? transport = null) =>
        _report.Attempts.First(a => a.Transport == (transport ?? CurrentTransport)) with
        {
            Outcome = outcome,
            Reason = $"it carried the session until {reason}",
        };

    private void PublishReport(PathReport report)
    {
        _report = report;
        _onReport(report);
    }
}
