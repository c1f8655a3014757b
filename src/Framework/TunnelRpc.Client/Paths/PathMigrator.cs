using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Paths;

/// <summary>Opens other paths to a session's server, and moves the session there; keeps the report. One move at a time, its caller sees to it.</summary>
internal sealed class PathMigrator
{
    private readonly TunnelSession _session;
    private readonly Uri _address;
    private readonly TunnelClientOptions _options;
    private readonly EndpointFactory _endpoints;
    private readonly TransportHistory _history;
    private readonly ILogger _logger;
    private readonly Action<PathReport> _onReport;

    // When a transport failed here last.
    private readonly Dictionary<string, long> _failedAt = [];
    private PathReport _report;
    private string _routeKey;

    public PathMigrator(
        TunnelSession session,
        EstablishedPath path,
        PathReport report,
        TunnelClientOptions options,
        TransportHistory history,
        string routeKey,
        ILogger logger,
        Action<PathReport> onReport)
    {
        _session = session;
        _address = report.Address;
        _options = options;
        _endpoints = new EndpointFactory(options);
        _history = history;
        _logger = logger;
        _onReport = onReport;
        _report = report;
        _routeKey = routeKey;
        RoundTripTime = path.RoundTripTime;
        CurrentTransport = report.Winner!.Transport;
    }

    /// <summary>The transport in use.</summary>
    public string CurrentTransport { get; private set; }

    /// <summary>How long an exchange takes there, by its handshake.</summary>
    public TimeSpan RoundTripTime { get; private set; }

    /// <summary>The transports that are preferred to the one in use and not known to fail, best first.</summary>
    public IReadOnlyList<ITransport> GetBetterTransports() => [.. GetPreferredTransports().Where(t => GetRetryDelay(t.Name) <= TimeSpan.Zero)];

    /// <summary>When a preferred transport is to be tried again; null when there is none.</summary>
    public TimeSpan? GetTimeUntilNextAttempt()
    {
        TimeSpan[] waits = [.. GetPreferredTransports().Select(t => GetRetryDelay(t.Name))];
        return waits.Length == 0 ? null : waits.Min();
    }

    /// <summary>
    /// Leaves the path in use, by which nothing comes through: for another transport, or where none has a path, for a new path of the same
    /// one, since what stalls may be this connection only. True when the session has moved.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<bool> TryMigrateFromStalledPathAsync(TimeSpan stalledFor, CancellationToken cancellationToken)
    {
        ClientLog.PathStalled(_logger, _session.Parameters.Id, CurrentTransport, stalledFor);
        _history.RecordFailure(_routeKey, CurrentTransport);
        string leaving = $"nothing came through for {stalledFor.TotalSeconds:0.#} s";
        ILookup<bool, ITransport> others = _options.Transports.ToLookup(t => t.Name != CurrentTransport);
        return (others[true].Any() && await MigrateByRaceAsync(AttemptOutcome.Stalled, leaving, cancellationToken, others[true]).ConfigureAwait(false) is null)
            || await MigrateByRaceAsync(AttemptOutcome.Stalled, leaving, cancellationToken, others[false]).ConfigureAwait(false) is null;
    }

    /// <summary>Tries the transports in turn and moves the session to the first path; true when it has moved. Completes without an exception.</summary>
    public async Task<bool> TryMigrateAsync(IReadOnlyList<ITransport> candidates, string reason, CancellationToken cancellationToken)
    {
        using PathMigration move = _session.Paths.BeginMigration();
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
                attempt.Outcome = AttemptOutcome.Won;
                return await AttachAsync(path, [attempt.ToPathAttempt()], AttemptOutcome.Superseded, reason).ConfigureAwait(false);
            }

            if (attempt.Outcome != AttemptOutcome.Abandoned && !_session.IsEnded)
            {
                OnAttemptFailed(attempt);
            }
        }

        return false;
    }

    /// <summary>Races transports, all unless they are named, and moves the session to the first path; gives the failure when there is none, and null when it has moved.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<TunnelConnectException?> MigrateByRaceAsync(
        AttemptOutcome previousOutcome, string reason, CancellationToken cancellationToken, IEnumerable<ITransport>? transports = null)
    {
        using PathMigration move = _session.Paths.BeginMigration();
        if (await CreateEndpointAsync(cancellationToken).ConfigureAwait(false) is not { } endpoint)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new TunnelConnectException(_report, null) { IsTransient = true };
        }

        using var negotiator = new Negotiator(_options, endpoint, _history, _routeKey, _session, transports);
        try
        {
            (EstablishedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            return await AttachAsync(path, report.Attempts.Where(a => a.Outcome != AttemptOutcome.NotTried), previousOutcome, reason).ConfigureAwait(false)
                ? null
                : new TunnelConnectException(report, null) { IsTransient = true };
        }
        catch (TunnelConnectException failed)
        {
            PublishReport(_report.WithAttempts(failed.Report.Attempts));
            return failed;
        }
    }

    /// <summary>How the path in use was lost belongs into the report, for instance that something on the way ended it as idle.</summary>
    public void OnSessionEnded()
    {
        if (_session.Paths.DisconnectReason is { } loss)
        {
            PublishReport(_report.WithAttempts(CreateEndedAttempt(AttemptOutcome.Disconnected, $"the path was lost: {loss}")));
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
            // The application's provider: whatever it throws, this try has failed, and the next one may not.
            if (!cancellationToken.IsCancellationRequested)
            {
                ClientLog.EndpointResolutionFailed(_logger, error.Message);
            }

            return null;
        }
    }

    /// <summary>From here on the server is on the new path: the move is not given up any more.</summary>
    private async Task<bool> AttachAsync(EstablishedPath path, IEnumerable<PathAttempt> attempts, AttemptOutcome previousOutcome, string reason)
    {
        // Where the session moves to a better path, the server leaves the old one first.
        string? loss = previousOutcome == AttemptOutcome.Superseded ? null : _session.Paths.DisconnectReason;
        if (await _session.Paths.AttachAsync(path.Connection, path.Input, path.SessionInfo.Epoch, path.AcknowledgedOffset).ConfigureAwait(false) is null)
        {
            return false;
        }

        string before = CurrentTransport;
        CurrentTransport = path.Connection.Info.Transport;
        RoundTripTime = path.RoundTripTime;
        _history.RecordSuccess(_routeKey, CurrentTransport);
        _failedAt.Remove(CurrentTransport);

        // Where a transport follows itself, the path that it has counts, not the one that it had.
        PublishReport(_report
            .WithAttempts(CreateEndedAttempt(previousOutcome, $"{reason}{(loss is null ? "" : $": {loss}")}; the session has moved to {CurrentTransport}.", before))
            .WithAttempts(attempts.Where(a => a.Transport != before || a.Outcome == AttemptOutcome.Won)));
        if (loss is null)
        {
            ClientLog.SessionMigrated(_logger, _session.Parameters.Id, before, CurrentTransport);
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

        // What says nothing of the transport is tried again as late here, where the path in use does for so long; a new connect tries it as ever.
        _failedAt[attempt.TransportName] = _options.TimeProvider.GetTimestamp();
        PublishReport(_report.WithAttempts(attempt.ToPathAttempt()));
    }

    /// <summary>How long the transport is still left alone.</summary>
    private TimeSpan GetRetryDelay(string transport)
    {
        TimeSpan known = _history.GetRemainingFailureTime(_routeKey, transport);
        TimeSpan own = _failedAt.TryGetValue(transport, out long at) ? TransportHistory.FailureLifetime - _options.TimeProvider.GetElapsedTime(at) : TimeSpan.Zero;
        return known > own ? known : own;
    }

    private PathAttempt CreateEndedAttempt(AttemptOutcome outcome, string reason, string? transport = null) =>
        _report.Attempts.First(a => a.Transport == (transport ?? CurrentTransport)) with { Outcome = outcome, Reason = $"it carried the session until {reason}" };

    private void PublishReport(PathReport report)
    {
        _report = report;
        _onReport(report);
    }
}
