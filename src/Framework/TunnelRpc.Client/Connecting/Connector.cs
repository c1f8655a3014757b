using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Client.Negotiation;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Client.Connecting;

/// <summary>
/// Makes a client's sessions, one after the other: one loop connects while somebody waits for a session, or while the client is to stay
/// connected; everybody else waits for it. Thread-safe.
/// </summary>
internal sealed class Connector : IAsyncDisposable
{
    private readonly TunnelClientOptions _options;
    private readonly Func<TunnelSession, TunnelPeer> _createPeer;
    private readonly Action<PathReport> _onReport;
    private readonly ILogger _logger;
    private readonly StateFeed _state;
    private readonly PathMemory _memory;
    private readonly AddressBook _addresses;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _disposed = new();

    // Set by the loop, read by everybody.
    private volatile ClientSession? _session;

    // All guarded by _gate: how many wait for a session, whether one is wanted anyway, whether the next try is wanted at once, whether one is under way.
    private readonly Lock _gate = new();
    private int _waiters;
    private bool _stays;
    private bool _isHurried;
    private bool _isTrying;

    // Guarded by _gate: the try that is next to end; what wakes the loop when something of the above has changed; when the next try is due.
    private TaskCompletionSource<Round> _round = NewRound();
    private TaskCompletionSource _changed = NewChange();
    private TimeSpan _delay;
    private long _delayedAt;
    private Task? _running;
    private Task? _disposal;

    // Replaced under _gate, read without: sessions that were left and let their calls end; null when there is none.
    private volatile IReadOnlyList<ClientSession>? _draining;

    // The loop's, and then the disposal's: paths that lost their race, and sessions that are over.
    private Task _leftovers = Task.CompletedTask;

    // The loop's: how many sessions, one after the other, did not live long.
    private int _shortLived;

    /// <param name="options">The client's.</param>
    /// <param name="createPeer">Makes what a session is called through; not started.</param>
    /// <param name="onReport">Told what was tried.</param>
    /// <param name="state">Told how it goes.</param>
    /// <param name="logger">Where it is logged.</param>
    public Connector(TunnelClientOptions options, Func<TunnelSession, TunnelPeer> createPeer, Action<PathReport> onReport, StateFeed state, ILogger logger)
    {
        _options = options;
        _createPeer = createPeer;
        _onReport = onReport;
        _logger = logger;
        _state = state;
        _memory = new PathMemory(options.TimeProvider);
        _addresses = new AddressBook(options);
        _backoff = new Backoff(options.ReconnectDelay, options.MaxReconnectDelay, options.Random);
    }

    /// <summary>The session that calls go to; null when there is none.</summary>
    public ClientSession? Current => _session is { IsUp: true } session ? session : null;

    /// <summary>Whether there is a session that lets its calls end, or may be.</summary>
    public bool IsDraining => _draining is not null || _session is { IsDraining: true };

    public bool IsDisposed => _disposed.IsCancellationRequested;

    /// <summary>Completes when the session that is up now has ended.</summary>
    public Task SessionCompletion => _session?.Peer.SessionCompletion ?? Task.CompletedTask;

    // Under _gate.
    private bool IsWanted => _waiters > 0 || _stays;

    // Under _gate.
    private TimeSpan DueIn => _isHurried ? TimeSpan.Zero : _delay - _options.TimeProvider.GetElapsedTime(_delayedAt);

    /// <summary>Gives the session of that name, which lets its calls end: for what those call meanwhile. Null when there is none.</summary>
    public TunnelPeer? FindDraining(string? id)
    {
        ClientSession? last = _session;
        return id is null ? null
            : last is { IsDraining: true } && last.Peer.Info.Id == id ? last.Peer
            : _draining?.FirstOrDefault(session => session.IsDraining && session.Peer.Info.Id == id)?.Peer;
    }

    /// <summary>From now on there is a session whenever there can be one.</summary>
    public void Stay()
    {
        lock (_gate)
        {
            _stays = true;
            WakeLocked();
        }
    }

    /// <summary>Gives the session, and waits for one when there is none.</summary>
    /// <param name="now">Whether to try at once, where the next try would come after a delay.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="TunnelConnectException">There is no path, and trying again has not helped or cannot.</exception>
    public async ValueTask<TunnelPeer> GetPeerAsync(bool now, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(TunnelClient));
        if (Current is { } connected)
        {
            return connected.Peer;
        }

        long began = _options.TimeProvider.GetTimestamp();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        Task<Round> round = Want(now);
        try
        {
            while (true)
            {
                Round ended = await round.WaitAsync(linked.Token).ConfigureAwait(false);
                if (Current is { } made)
                {
                    return made.Peer;
                }

                if (ended.Failure is { } failure
                    && (!failure.MayPass || _options.TimeProvider.GetElapsedTime(began) + ended.Delay >= _options.ConnectTimeout))
                {
                    throw new TunnelConnectException(failure);
                }

                round = NextRound();
            }
        }
        catch (OperationCanceledException cancelled)
        {
            ObjectDisposedException.ThrowIf(!cancellationToken.IsCancellationRequested, typeof(TunnelClient));
            throw new OperationCanceledException("Connecting was cancelled.", cancelled, cancellationToken);
        }
        finally
        {
            Unwant();
        }
    }

    /// <summary>Ends the session in order; any number of times.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposal ??= EndAsync(_running ?? Task.CompletedTask));
        }
    }

    private async Task EndAsync(ClientSession session)
    {
        await session.EndAsync().ConfigureAwait(false);
        lock (_gate)
        {
            List<ClientSession> left = [.. _draining!.Where(other => other != session)];
            _draining = left.Count == 0 ? null : left;
        }
    }

    private static TaskCompletionSource<Round> NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task EndAsync(Task running)
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        ClientSession? last = _session;
        await Task.WhenAll([.. (_draining ?? []).Select(session => session.CloseAsync()), last?.CloseAsync() ?? Task.CompletedTask]).ConfigureAwait(false);

        await _leftovers.ConfigureAwait(false);
        _state.Set(TunnelClientState.Closed);
    }

    /// <summary>Adds a waiter, and gives the try that it waits for.</summary>
    private Task<Round> Want(bool now)
    {
        lock (_gate)
        {
            _waiters++;

            // One that cannot wait until the next try is due has it now.
            _isHurried |= !_isTrying && (now || DueIn > _options.ConnectTimeout);
            WakeLocked();
            return _round.Task;
        }
    }

    private Task<Round> NextRound()
    {
        lock (_gate)
        {
            return _round.Task;
        }
    }

    private void Unwant()
    {
        lock (_gate)
        {
            _waiters--;
            WakeLocked();
        }
    }

    private void WakeLocked()
    {
        _changed.TrySetResult();
        if (_running is null && _disposal is null)
        {
            _running = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await WaitUntilDueAsync().ConfigureAwait(false);
                if (await TryAsync().ConfigureAwait(false) is { Failure: null })
                {
                    await ServeOutAsync(_session!).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            // As asked.
        }
    }

    private async Task WaitUntilDueAsync()
    {
        while (true)
        {
            Task change;
            bool wanted;
            TimeSpan due;
            lock (_gate)
            {
                wanted = IsWanted;
                due = DueIn;
                if (wanted && due <= TimeSpan.Zero)
                {
                    _isHurried = false;
                    _isTrying = true;
                    return;
                }

                if (_changed.Task.IsCompleted)
                {
                    _changed = NewChange();
                }

                change = _changed.Task;
            }

            _disposed.Token.ThrowIfCancellationRequested();
            if (!wanted)
            {
                _state.Set(TunnelClientState.Idle);
                await change.WaitAsync(_disposed.Token).ConfigureAwait(false);
                continue;
            }

            _state.Set(TunnelClientState.Connecting);

            // Waits count whole milliseconds: the rest of one would be waited for in a circle.
            due = TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));
            await change.WaitAsync(due, _options.TimeProvider, _disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One try, at all addresses; null when nobody wanted it any more.</summary>
    private async Task<Round?> TryAsync()
    {
        _state.Set(TunnelClientState.Connecting);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        Task<TunnelConnectException?> dialing = DialAsync(giveUp.Token);
        while (!dialing.IsCompleted)
        {
            Task change;
            lock (_gate)
            {
                if (_changed.Task.IsCompleted)
                {
                    _changed = NewChange();
                }

                change = IsWanted ? _changed.Task : Task.CompletedTask;
            }

            if (change.IsCompleted)
            {
                await giveUp.CancelAsync().ConfigureAwait(false);
                break;
            }

            await Task.WhenAny(dialing, change).ConfigureAwait(false);
        }

        try
        {
            return EndRound(await dialing.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!_disposed.IsCancellationRequested)
        {
            lock (_gate)
            {
                _isTrying = false;
            }

            return null;
        }
    }

    private Round EndRound(TunnelConnectException? failure)
    {
        TimeSpan delay = TimeSpan.Zero;
        if (failure is not null)
        {
            delay = _backoff.Next();
            delay = failure.RetryAfter > delay ? failure.RetryAfter : delay;
        }

        var round = new Round(failure, delay);
        TaskCompletionSource<Round> ended;
        lock (_gate)
        {
            _isTrying = false;
            _stays |= failure is null && _options.StayConnected;
            DelayLocked(delay);
            ended = _round;
            _round = NewRound();
        }

        ended.SetResult(round);
        return round;
    }

    private void DelayLocked(TimeSpan delay)
    {
        _delay = delay;
        _delayedAt = _options.TimeProvider.GetTimestamp();
    }

    /// <summary>Waits until calls should go to another session, and leaves this one to its end.</summary>
    private async Task ServeOutAsync(ClientSession session)
    {
        long began = _options.TimeProvider.GetTimestamp();
        await session.Left.WaitAsync(_disposed.Token).ConfigureAwait(false);
        lock (_gate)
        {
            _draining = [.. _draining ?? [], session];
        }

        _session = null;
        _addresses.Avoid(session.Address);
        _leftovers = Task.WhenAll(_leftovers, EndAsync(session));

        // A server that ends each session at once is not asked for one after the other without a pause.
        if (_options.TimeProvider.GetElapsedTime(began) >= _options.MaxReconnectDelay)
        {
            _shortLived = 0;
            _backoff.Reset();
        }

        lock (_gate)
        {
            DelayLocked(_shortLived++ == 0 ? TimeSpan.Zero : _backoff.Next());
        }
    }

    /// <summary>Makes a session, at the first address that has a path; gives the failure when none has.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    private async Task<TunnelConnectException?> DialAsync(CancellationToken cancellationToken)
    {
        if (_leftovers.IsCompleted)
        {
            _leftovers = Task.CompletedTask;
        }

        TunnelConnectException? failure = null;
        foreach (Uri address in await FindAddressesAsync(cancellationToken).ConfigureAwait(false) ?? [])
        {
            TunnelConnectException? failed = await DialAsync(address, cancellationToken).ConfigureAwait(false);
            if (failed is null)
            {
                return null;
            }

            failure = new TunnelConnectException(failed) { MayPass = failed.MayPass || failure is { MayPass: true } };
        }

        return failure ?? NoEndpoint(_options.Address, "AddressResolver has failed.");
    }

    private async ValueTask<IReadOnlyList<Uri>?> FindAddressesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _addresses.OrderAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The application's resolver: whatever it throws, this try has failed, and the next one may not.
            ClientLog.NoEndpoint(_logger, error.Message);
            return null;
        }
    }

    private async Task<TunnelConnectException?> DialAsync(Uri address, CancellationToken cancellationToken)
    {
        TunnelEndpoint endpoint;
        try
        {
            endpoint = await _options.ToEndpointAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // Likewise the application's.
            ClientLog.NoEndpoint(_logger, error.Message);
            return NoEndpoint(address, error.Message);
        }

        string way = PathMemory.WayTo(endpoint);
        using var negotiator = new Negotiator(_options, endpoint, _memory, way);
        try
        {
            (NegotiatedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            Begin(path, report, way);
            return null;
        }
        catch (TunnelConnectException failed)
        {
            _onReport(failed.Report);
            ClientLog.ConnectFailed(_logger, failed.Report);
            return failed;
        }
        finally
        {
            _leftovers = Task.WhenAll(_leftovers, negotiator.LosersClosed);
        }
    }

    private void Begin(NegotiatedPath path, PathReport report, string way)
    {
        _onReport(report);
        ClientLog.Connected(_logger, report);
        var session = new TunnelSession(path.Info, path.Connection, path.Input, _options);
        TunnelPeer peer = _createPeer(session);
        peer.Start();
        var mover = new SessionMover(session, path, report, _options, _memory, way, _logger, _onReport);
        var keeper = new PathKeeper(session, mover, _options, _logger, OnResuming);
        _session = new ClientSession(peer, keeper, report.Address);
        _state.Set(TunnelClientState.Connected);
        keeper.Start();

        void OnResuming(bool resuming, string? loss)
        {
            if (_session?.Peer == peer)
            {
                _state.Set(resuming ? TunnelClientState.Resuming : TunnelClientState.Connected, loss);
            }
        }
    }

    private static TunnelConnectException NoEndpoint(Uri? address, string why) =>
        new(new PathReport(address ?? new Uri("http://unresolved.invalid/"), null, [], TimeSpan.Zero), new InvalidOperationException(why)) { MayPass = true };
}
