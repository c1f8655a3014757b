using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

/// <summary>
/// Keeps a session on the best path there is: tries preferred transports in the background and moves the session when one has a
/// path; sees when nothing comes through on the path in use, and moves the session away from it. Transports are tried one at a
/// time, since a session is on one path. Its task is its owner's.
/// </summary>
internal sealed class PathKeeper : IAsyncDisposable
{
    /// <summary>How long data may wait without any progress, at least; four round trips where that is longer.</summary>
    public static readonly TimeSpan MinStall = TimeSpan.FromSeconds(2);

    /// <summary>How often the path is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a path that stalls is left alone after all others were tried in vain.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    private readonly TunnelSession _session;
    private readonly TunnelClientOptions _options;
    private readonly TunnelEndpoint _endpoint;
    private readonly PathMemory _memory;
    private readonly string _way;
    private readonly ILogger _logger;
    private readonly Action<PathReport> _onReport;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watching;

    // The probe's while it runs, else the watching task's: when a transport failed here last.
    private readonly Dictionary<string, long> _failed = [];

    // The watching task's, and that of the probe it waits for.
    private PathReport _report;
    private TimeSpan _roundTrip;
    private string _current;

    /// <summary>Begins at once.</summary>
    public PathKeeper(
        TunnelSession session,
        NegotiatedPath path,
        PathReport report,
        TunnelClientOptions options,
        TunnelEndpoint endpoint,
        PathMemory memory,
        string way,
        ILogger logger,
        Action<PathReport> onReport)
    {
        _session = session;
        _options = options;
        _endpoint = endpoint;
        _memory = memory;
        _way = way;
        _logger = logger;
        _onReport = onReport;
        _report = report;
        _roundTrip = path.RoundTrip;
        _current = report.Winner!.Transport;
        _watching = Task.Run(RunAsync);
    }

    /// <summary>Stops; a move that is under way is given up. The session stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        Task<bool> probing = Task.FromResult(false);
        CancellationTokenSource? probe = null;
        try
        {
            var timer = new PeriodicTimer(Interval, _options.TimeProvider);
            using (timer)
            {
                TimeSpan stuckFor = TimeSpan.Zero;
                SessionProgress earlier = _session.Observe();
                do
                {
                    if (probing.IsCompleted && await probing.ConfigureAwait(false))
                    {
                        // What was seen was seen of the path before.
                        probing = Task.FromResult(false);
                        stuckFor = TimeSpan.Zero;
                        earlier = _session.Observe();
                    }

                    if (probing.IsCompleted && NextProbe() is { Ticks: <= 0 })
                    {
                        probe?.Dispose();
                        probe = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                        probing = MoveToAsync(Better(), AttemptOutcome.Lost, probe.Token);
                    }

                    SessionProgress now = _session.Observe();
                    stuckFor = now.IsStuckSince(earlier) ? stuckFor + Interval : TimeSpan.Zero;
                    earlier = now;
                    if (stuckFor >= StallTime)
                    {
                        // The path may be lost before another one is found: that does not end the session meanwhile.
                        using SessionMove move = _session.Paths.BeginMove();
                        if (probe is not null)
                        {
                            await probe.CancelAsync().ConfigureAwait(false);
                        }

                        bool hasMoved = await probing.ConfigureAwait(false) || await LeaveStalledAsync(stuckFor).ConfigureAwait(false);
                        probing = Task.FromResult(false);
                        stuckFor = hasMoved ? TimeSpan.Zero : -RetryDelay;
                        earlier = _session.Observe();
                    }
                }
                while (!_session.IsOver && await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false));

                OnOver();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // As asked.
        }
        finally
        {
            if (probe is not null)
            {
                await probe.CancelAsync().ConfigureAwait(false);
            }

            await probing.ConfigureAwait(false);
            probe?.Dispose();
        }
    }

    private TimeSpan StallTime => _roundTrip * 4 > MinStall ? _roundTrip * 4 : MinStall;

    /// <summary>The transports that are preferred to the one in use and not known to fail, best first.</summary>
    private IEnumerable<ITransport> Better() =>
        _options.Transports.TakeWhile(t => t.Name != _current).Where(t => WaitFor(t.Name) <= TimeSpan.Zero);

    /// <summary>When a preferred transport is to be tried again; null when there is none.</summary>
    private TimeSpan? NextProbe()
    {
        TimeSpan[] waits = [.. _options.Transports.TakeWhile(t => t.Name != _current).Select(t => WaitFor(t.Name))];
        return waits.Length == 0 ? null : waits.Min();
    }

    private async Task<bool> LeaveStalledAsync(TimeSpan stuckFor)
    {
        string stalled = _current;
        ClientLog.Stalled(_logger, _session.Info.Id, stalled, stuckFor);
        _memory.Failed(_way, stalled);
        IEnumerable<ITransport> others = _memory.Order(_way, [.. _options.Transports.Select(t => t.Name)])
            .Where(name => name != stalled)
            .Select(name => _options.Transports.First(t => t.Name == name));
        return await MoveToAsync(others, AttemptOutcome.Stalled, _stopping.Token).ConfigureAwait(false);
    }

    /// <summary>Tries the transports in turn and moves the session to the first path; true when it has moved. Completes without an exception.</summary>
    private async Task<bool> MoveToAsync(IEnumerable<ITransport> candidates, AttemptOutcome left, CancellationToken cancellationToken)
    {
        using SessionMove move = _session.Paths.BeginMove();
        foreach (ITransport transport in candidates.ToArray())
        {
            if (cancellationToken.IsCancellationRequested || _session.IsOver)
            {
                return false;
            }

            var attempt = new Attempt(transport, _endpoint, _options, _session);
            attempt.Start(cancellationToken);
            await attempt.Ended.ConfigureAwait(false);
            if (attempt.Path is { } path)
            {
                // From here on the server is on the new path: the move is not given up any more.
                SessionPath? attached = await _session.Paths.AttachAsync(path.Connection, path.Input, path.Info.Epoch, path.Acknowledged).ConfigureAwait(false);
                if (attached is null)
                {
                    return false;
                }

                OnMoved(attempt, path, left);
                return true;
            }

            if (attempt.Outcome != AttemptOutcome.Abandoned && !_session.IsOver)
            {
                OnFailed(attempt);
            }
        }

        return false;
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

    private void OnMoved(Attempt attempt, NegotiatedPath path, AttemptOutcome left)
    {
        string before = _current;
        _current = attempt.Transport;
        _roundTrip = path.RoundTrip;
        _memory.Won(_way, _current);
        attempt.Outcome = AttemptOutcome.Won;
        PathAttempt old = _report.Attempts.First(a => a.Transport == before) with
        {
            Outcome = left,
            Reason = left == AttemptOutcome.Stalled
                ? $"it carried the session until nothing came through for {StallTime.TotalSeconds:0.#} s; the session has moved to {_current}."
                : $"it carried the session until a preferred transport had a path, too; the session has moved to {_current}.",
        };
        Publish(_report.With(old, attempt.ToRecord()));
        ClientLog.Moved(_logger, _session.Info.Id, before, _current);
    }

    /// <summary>How the path in use was lost belongs into the report, for instance that something on the way ended it as idle.</summary>
    private void OnOver()
    {
        if (_session.Paths.Loss is { } loss)
        {
            PathAttempt last = _report.Attempts.First(a => a.Transport == _current) with
            {
                Outcome = AttemptOutcome.Broken,
                Reason = $"it carried the session until the path was lost: {loss}",
            };
            Publish(_report.With(last));
        }
    }

    private void Publish(PathReport report)
    {
        _report = report;
        _onReport(report);
    }
}
