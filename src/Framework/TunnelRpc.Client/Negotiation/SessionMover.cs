using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>Opens other paths to a session's server, and moves the session there; keeps the report. One move at a time, its caller sees to it.</summary>
internal sealed class SessionMover
{
    private readonly TunnelSession _session;
    private readonly Uri _address;
    private readonly TunnelClientOptions _options;
    private readonly PathMemory _memory;
    private readonly ILogger _logger;
    private readonly Action<PathReport> _onReport;

    // When a transport failed here last.
    private readonly Dictionary<string, long> _failed = [];
    private PathReport _report;
    private string _way;

    public SessionMover(
        TunnelSession session,
        NegotiatedPath path,
        PathReport report,
        TunnelClientOptions options,
        PathMemory memory,
        string way,
        ILogger logger,
        Action<PathReport> onReport)
    {
        _session = session;
        _address = report.Address;
        _options = options;
        _memory = memory;
        _logger = logger;
        _onReport = onReport;
        _report = report;
        _way = way;
        RoundTrip = path.RoundTrip;
        Current = report.Winner!.Transport;
    }

    /// <summary>The transport in use.</summary>
    public string Current { get; private set; }

    /// <summary>How long an exchange takes there, by its handshake.</summary>
    public TimeSpan RoundTrip { get; private set; }

    /// <summary>The transports that are preferred to the one in use and not known to fail, best first.</summary>
    public IReadOnlyList<ITransport> Better() => [.. Preferred().Where(t => WaitFor(t.Name) <= TimeSpan.Zero)];

    /// <summary>When a preferred transport is to be tried again; null when there is none.</summary>
    public TimeSpan? NextTry()
    {
        TimeSpan[] waits = [.. Preferred().Select(t => WaitFor(t.Name))];
        return waits.Length == 0 ? null : waits.Min();
    }

    /// <summary>
    /// Leaves the path in use, by which nothing comes through: for another transport, or where none has a path, for a new path of the same
    /// one, since what stalls may be this connection only. True when the session has moved.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<bool> LeaveStalledAsync(TimeSpan stuckFor, CancellationToken cancellationToken)
    {
        ClientLog.Stalled(_logger, _session.Info.Id, Current, stuckFor);
        _memory.Failed(_way, Current);
        string leaving = $"nothing came through for {stuckFor.TotalSeconds:0.#} s";
        ILookup<bool, ITransport> others = _options.Transports.ToLookup(t => t.Name != Current);
        return (others[true].Any() && await RaceAsync(AttemptOutcome.Stalled, leaving, cancellationToken, others[true]).ConfigureAwait(false) is null)
            || await RaceAsync(AttemptOutcome.Stalled, leaving, cancellationToken, others[false]).ConfigureAwait(false) is null;
    }

    /// <summary>Tries the transports in turn and moves the session to the first path; true when it has moved. Completes without an exception.</summary>
    public async Task<bool> TryAsync(IReadOnlyList<ITransport> candidates, string leaving, CancellationToken cancellationToken)
    {
        using SessionMove move = _session.Paths.BeginMove();
        foreach (ITransport transport in candidates)
        {
            if (cancellationToken.IsCancellationRequested
                || _session.IsOver
                || await FindEndpointAsync(cancellationToken).ConfigureAwait(false) is not { } endpoint)
            {
                return false;
            }

            var attempt = new Attempt(transport, endpoint, _options, _session);
            attempt.Start(cancellationToken);
            await attempt.Ended.ConfigureAwait(false);
            if (attempt.Path is { } path)
            {
                attempt.Outcome = AttemptOutcome.Won;
                return await AttachAsync(path, [attempt.ToRecord()], AttemptOutcome.Lost, leaving).ConfigureAwait(false);
            }

            if (attempt.Outcome != AttemptOutcome.Abandoned && !_session.IsOver)
            {
                OnFailed(attempt);
            }
        }

        return false;
    }

    /// <summary>Races transports, all unless they are named, and moves the session to the first path; gives the failure when there is none, and null when it has moved.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<TunnelConnectException?> RaceAsync(
        AttemptOutcome left, string leaving, CancellationToken cancellationToken, IEnumerable<ITransport>? transports = null)
    {
        using SessionMove move = _session.Paths.BeginMove();
        if (await FindEndpointAsync(cancellationToken).ConfigureAwait(false) is not { } endpoint)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new TunnelConnectException(_report, null) { MayPass = true };
        }

        using var negotiator = new Negotiator(_options, endpoint, _memory, _way, _session, transports);
        try
        {
            (NegotiatedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            return await AttachAsync(path, report.Attempts.Where(a => a.Outcome != AttemptOutcome.NotTried), left, leaving).ConfigureAwait(false)
                ? null
                : new TunnelConnectException(report, null) { MayPass = true };
        }
        catch (TunnelConnectException failed)
        {
            Publish(_report.With(failed.Report.Attempts));
            return failed;
        }
    }

    /// <summary>How the path in use was lost belongs into the report, for instance that something on the way ended it as idle.</summary>
    public void OnOver()
    {
        if (_session.Paths.Loss is { } loss)
        {
            Publish(_report.With(Left(AttemptOutcome.Broken, $"the path was lost: {loss}")));
        }
    }

    private IEnumerable<ITransport> Preferred() => _options.Transports.TakeWhile(t => t.Name != Current);

    private async ValueTask<TunnelEndpoint?> FindEndpointAsync(CancellationToken cancellationToken)
    {
        try
        {
            TunnelEndpoint endpoint = await _options.ToEndpointAsync(_address, cancellationToken).ConfigureAwait(false);
            _way = PathMemory.WayTo(endpoint);
            return endpoint;
        }
        catch (Exception error)
        {
            // The application's provider: whatever it throws, this try has failed, and the next one may not.
            if (!cancellationToken.IsCancellationRequested)
            {
                ClientLog.NoEndpoint(_logger, error.Message);
            }

            return null;
        }
    }

    /// <summary>From here on the server is on the new path: the move is not given up any more.</summary>
    private async Task<bool> AttachAsync(NegotiatedPath path, IEnumerable<PathAttempt> attempts, AttemptOutcome left, string leaving)
    {
        // Where the session moves to a better path, the server leaves the old one first.
        string? loss = left == AttemptOutcome.Lost ? null : _session.Paths.Loss;
        if (await _session.Paths.AttachAsync(path.Connection, path.Input, path.Info.Epoch, path.Acknowledged).ConfigureAwait(false) is null)
        {
            return false;
        }

        string before = Current;
        Current = path.Connection.Info.Transport;
        RoundTrip = path.RoundTrip;
        _memory.Won(_way, Current);
        _failed.Remove(Current);

        // Where a transport follows itself, the path that it has counts, not the one that it had.
        Publish(_report
            .With(Left(left, $"{leaving}{(loss is null ? "" : $": {loss}")}; the session has moved to {Current}.", before))
            .With(attempts.Where(a => a.Transport != before || a.Outcome == AttemptOutcome.Won)));
        if (loss is null)
        {
            ClientLog.Moved(_logger, _session.Info.Id, before, Current);
        }
        else
        {
            ClientLog.Resumed(_logger, _session.Info.Id, Current);
        }

        return true;
    }

    private void OnFailed(Attempt attempt)
    {
        if (attempt.IsTelling)
        {
            _memory.Failed(_way, attempt.Transport);
        }

        // What says nothing of the transport is tried again as late here, where the path in use does for so long; a new connect tries it as ever.
        _failed[attempt.Transport] = _options.TimeProvider.GetTimestamp();
        Publish(_report.With(attempt.ToRecord()));
    }

    /// <summary>How long the transport is still left alone.</summary>
    private TimeSpan WaitFor(string transport)
    {
        TimeSpan known = _memory.FailsFor(_way, transport);
        TimeSpan own = _failed.TryGetValue(transport, out long at) ? PathMemory.FailureLife - _options.TimeProvider.GetElapsedTime(at) : TimeSpan.Zero;
        return known > own ? known : own;
    }

    private PathAttempt Left(AttemptOutcome outcome, string until, string? transport = null) =>
        _report.Attempts.First(a => a.Transport == (transport ?? Current)) with { Outcome = outcome, Reason = $"it carried the session until {until}" };

    private void Publish(PathReport report)
    {
        _report = report;
        _onReport(report);
    }
}
