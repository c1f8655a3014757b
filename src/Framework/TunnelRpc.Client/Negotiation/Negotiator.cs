using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Negotiation;

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
    private readonly PathMemory _memory;
    private readonly string _way;
    private readonly TunnelSession? _moving;
    private readonly SemaphoreSlim _last = new(1, 1);
    private readonly long _started;

    // In the order of preference.
    private readonly Attempt[] _attempts;

    // In the order of their starts.
    private readonly Attempt[] _order;
    private int _next;

    /// <param name="options">The client's.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="memory">What is known of the way there.</param>
    /// <param name="way">The way's key.</param>
    /// <param name="moving">The session that is to move; null for a new one.</param>
    /// <param name="transports">Those to try; null for all of the options.</param>
    public Negotiator(
        TunnelClientOptions options,
        TunnelEndpoint endpoint,
        PathMemory memory,
        string way,
        TunnelSession? moving = null,
        IEnumerable<ITransport>? transports = null)
    {
        _moving = moving;
        _options = options;
        _endpoint = endpoint;
        _memory = memory;
        _way = way;
        _attempts = [.. (transports ?? options.Transports).Select(t => new Attempt(t, _endpoint, options, moving, moving is null ? null : _last))];
        _order = [.. memory.Order(way, [.. _attempts.Select(a => a.Transport)]).Select(name => _attempts.First(a => a.Transport == name))];
        _started = options.TimeProvider.GetTimestamp();
    }

    /// <summary>Completes, without an exception and within the close timeout, when paths that were proved and not chosen are closed. Set when the race has ended, however it did.</summary>
    public Task LosersClosed { get; private set; } = Task.CompletedTask;

    public void Dispose() => _last.Dispose();

    /// <exception cref="TunnelConnectException">There is no path.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<(NegotiatedPath Path, PathReport Report)> RunAsync(CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Attempt? winner = null;
        try
        {
            winner = await RaceAsync(losers.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_attempts.Select(a => a.Ended)).ConfigureAwait(false);
            LosersClosed = Task.WhenAll(_attempts.Where(a => a != winner).Select(a => a.CloseAsync()));
        }

        // With a winner, giving up came too late: somebody must own the path.
        if (winner is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PathReport report = Report();
            throw new TunnelConnectException(report, _attempts.Select(a => a.Error).LastOrDefault(e => e is not null))
            {
                MayPass = _attempts.Any(a => a.MayPass),
                Refusals = [.. _attempts.Select(a => a.Error).OfType<SessionRefusedException>()],
            };
        }

        winner.Outcome = AttemptOutcome.Won;
        _memory.Won(_way, winner.Transport);

        // Beside a success, a failure is the transport's and not the server's or the network's.
        foreach (Attempt attempt in _attempts.Where(a => a.IsTelling))
        {
            _memory.Failed(_way, attempt.Transport);
        }

        return (winner.Path!, Report());
    }

    private PathReport Report() => new(
        _endpoint.Address,
        _endpoint.Proxy,
        [.. _attempts.Select(a => a.ToRecord())],
        _options.TimeProvider.GetElapsedTime(_started));

    private async Task<Attempt?> RaceAsync(CancellationToken attemptToken, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_attempts.FirstOrDefault(a => a.IsProved) is { } best)
            {
                return await PreferAsync(best, cancellationToken).ConfigureAwait(false);
            }

            Task[] running = [.. _attempts.Where(a => a.IsRunning).Select(a => a.Ended)];
            if (_next == _attempts.Length)
            {
                if (running.Length == 0)
                {
                    return null;
                }

                await Task.WhenAny(running).WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            // A failure starts the next attempt at once; so does a start that finds nothing under way.
            Attempt attempt = _order[_next++];
            attempt.Start(attemptToken);
            await WaitForEndOrAsync(_options.AttemptDelay, [.. running, attempt.Ended], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the attempts before <paramref name="best"/> a little longer: a path proved a moment later may be the better one.</summary>
    private async Task<Attempt> PreferAsync(Attempt best, CancellationToken cancellationToken)
    {
        if (_moving is not null)
        {
            return best;
        }

        Task[] preferred = [.. _attempts.TakeWhile(a => a != best).Where(a => a.IsRunning).Select(a => a.Ended)];
        if (preferred.Length > 0)
        {
            await WaitForEndOrAsync(_options.PreferenceGrace, [Task.WhenAll(preferred)], cancellationToken).ConfigureAwait(false);
        }

        return _attempts.First(a => a.IsProved);
    }

    private async Task WaitForEndOrAsync(TimeSpan time, Task[] tasks, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(tasks).WaitAsync(time, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Not ended yet: the race goes on beside them.
        }
    }
}
