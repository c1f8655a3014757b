using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Client.Paths;
using TunnelRpc.Scheduling;
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
    private readonly StateNotifier _stateNotifier;
    private readonly TransportHistory _history;
    private readonly AddressSelector _addressSelector;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _disposed = new();

    // Set by the loop, read by everybody.
    private volatile ClientSession? _session;

    // All guarded by _gate: how many wait for a session, whether one is wanted anyway, whether the next try is wanted at once, whether one is under way.
    private readonly Lock _gate = new();
    private int _waiterCount;
    private bool _keepsConnected;
    private bool _skipsDelay;
    private bool _isAttempting;

    // Guarded by _gate: the try that is next to end; what wakes the loop when something of the above has changed; when the next try is due.
    private TaskCompletionSource<ConnectAttempt> _pendingAttempt = CreateAttemptSource();
    private TaskCompletionSource _changed = CreateChangeSource();
    private TimeSpan _retryDelay;
    private long _retryDelayStart;
    private Task? _loop;
    private Task? _disposeTask;

    // Replaced under _gate, read without: sessions that were left and let their calls end; null when there is none.
    private volatile IReadOnlyList<ClientSession>? _drainingSessions;

    // The loop's, and then the disposal's: paths that lost their race, and sessions that are over.
    private Task _cleanup = Task.CompletedTask;

    // The loop's: how many sessions, one after the other, did not live long.
    private int _shortLivedCount;

    /// <param name="options">The client's.</param>
    /// <param name="createPeer">Makes what a session is called through; not started.</param>
    /// <param name="onReport">Told what was tried.</param>
    /// <param name="state">Told how it goes.</param>
    /// <param name="logger">Where it is logged.</param>
    public Connector(TunnelClientOptions options, Func<TunnelSession, TunnelPeer> createPeer, Action<PathReport> onReport, StateNotifier state, ILogger logger)
    {
        _options = options;
        _createPeer = createPeer;
        _onReport = onReport;
        _logger = logger;
        _stateNotifier = state;
        _history = new TransportHistory(options.TimeProvider);
        _addressSelector = new AddressSelector(options);
        _backoff = new Backoff(options.ReconnectDelay, options.MaxReconnectDelay, options.Random);
    }

    /// <summary>The session that calls go to; null when there is none.</summary>
    public ClientSession? CurrentSession => _session is { IsUsable: true } session ? session : null;

    /// <summary>Whether there is a session that lets its calls end, or may be.</summary>
    public bool HasDrainingSession => _drainingSessions is not null || _session is { IsDraining: true };

    public bool IsDisposed => _disposed.IsCancellationRequested;

    /// <summary>Completes when the session that is up now has ended.</summary>
    public Task SessionCompletion => _session?.Peer.SessionCompletion ?? Task.CompletedTask;

    // Under _gate.
    private bool IsSessionWanted => _waiterCount > 0 || _keepsConnected;

    // Under _gate.
    private TimeSpan TimeUntilNextAttempt => _skipsDelay ? TimeSpan.Zero : _retryDelay - _options.TimeProvider.GetElapsedTime(_retryDelayStart);

    /// <summary>Gives the session of that name, which lets its calls end: for what those call meanwhile. Null when there is none.</summary>
    public TunnelPeer? FindDrainingPeer(string? sessionId)
    {
        ClientSession? last = _session;
        return sessionId is null ? null
            : last is { IsDraining: true } && last.Peer.Parameters.Id == sessionId ? last.Peer
            : _drainingSessions?.FirstOrDefault(session => session.IsDraining && session.Peer.Parameters.Id == sessionId)?.Peer;
    }

    /// <summary>From now on there is a session whenever there can be one.</summary>
    public void KeepConnected()
    {
        lock (_gate)
        {
            _keepsConnected = true;
            WakeLoopLocked();
        }
    }

    /// <summary>Gives the session, and waits for one when there is none.</summary>
    /// <param name="skipDelay">Whether to try at once, where the next try would come after a delay.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="TunnelConnectException">There is no path, and trying again has not helped or cannot.</exception>
    public async ValueTask<TunnelPeer> GetPeerAsync(bool skipDelay, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(TunnelClient));
        if (CurrentSession is { } connected)
        {
            return connected.Peer;
        }

        long began = _options.TimeProvider.GetTimestamp();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        Task<ConnectAttempt> round = AddWaiter(skipDelay);
        try
        {
            while (true)
            {
                ConnectAttempt ended = await round.WaitAsync(linked.Token).ConfigureAwait(false);
                if (CurrentSession is { } made)
                {
                    return made.Peer;
                }

                if (ended.Failure is { } failure
                    && (!failure.IsTransient || _options.TimeProvider.GetElapsedTime(began) + ended.RetryDelay >= _options.ConnectTimeout))
                {
                    throw new TunnelConnectException(failure);
                }

                round = GetPendingAttempt();
            }
        }
        catch (OperationCanceledException cancelled)
        {
            ObjectDisposedException.ThrowIf(!cancellationToken.IsCancellationRequested, typeof(TunnelClient));
            throw new OperationCanceledException("Connecting was cancelled.", cancelled, cancellationToken);
        }
        finally
        {
            RemoveWaiter();
        }
    }

    /// <summary>Ends the session in order; any number of times.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposeTask ??= EndAsync(_loop ?? Task.CompletedTask));
        }
    }

    private async Task EndAsync(ClientSession session)
    {
        await session.WaitForEndAsync().ConfigureAwait(false);
        lock (_gate)
        {
            List<ClientSession> left = [.. _drainingSessions!.Where(other => other != session)];
            _drainingSessions = left.Count == 0 ? null : left;
        }
    }

    private static TaskCompletionSource<ConnectAttempt> CreateAttemptSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource CreateChangeSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task EndAsync(Task loop)
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        ClientSession? last = _session;
        await Task.WhenAll([.. (_drainingSessions ?? []).Select(session => session.CloseAsync()), last?.CloseAsync() ?? Task.CompletedTask]).ConfigureAwait(false);

        await _cleanup.ConfigureAwait(false);
        _stateNotifier.Set(TunnelClientState.Closed);
    }

    /// <summary>Adds a waiter, and gives the try that it waits for.</summary>
    private Task<ConnectAttempt> AddWaiter(bool skipDelay)
    {
        lock (_gate)
        {
            _waiterCount++;

            // One that cannot wait until the next try is due has it now.
            _skipsDelay |= !_isAttempting && (skipDelay || TimeUntilNextAttempt > _options.ConnectTimeout);
            WakeLoopLocked();
            return _pendingAttempt.Task;
        }
    }

    private Task<ConnectAttempt> GetPendingAttempt()
    {
        lock (_gate)
        {
            return _pendingAttempt.Task;
        }
    }

    private void RemoveWaiter()
    {
        lock (_gate)
        {
            _waiterCount--;
            WakeLoopLocked();
        }
    }

    private void WakeLoopLocked()
    {
        _changed.TrySetResult();
        if (_loop is null && _disposeTask is null)
        {
            _loop = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await WaitUntilDueAsync().ConfigureAwait(false);
                if (await AttemptConnectAsync().ConfigureAwait(false) is { Failure: null })
                {
                    await RunUntilReplacedAsync(_session!).ConfigureAwait(false);
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
                wanted = IsSessionWanted;
                due = TimeUntilNextAttempt;
                if (wanted && due <= TimeSpan.Zero)
                {
                    _skipsDelay = false;
                    _isAttempting = true;
                    return;
                }

                if (_changed.Task.IsCompleted)
                {
                    _changed = CreateChangeSource();
                }

                change = _changed.Task;
            }

            _disposed.Token.ThrowIfCancellationRequested();
            if (!wanted)
            {
                _stateNotifier.Set(TunnelClientState.Idle);
                await change.WaitAsync(_disposed.Token).ConfigureAwait(false);
                continue;
            }

            _stateNotifier.Set(TunnelClientState.Connecting);

            // Waits count whole milliseconds: the rest of one would be waited for in a circle.
            due = TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));
            await change.WaitAsync(due, _options.TimeProvider, _disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One try, at all addresses; null when nobody wanted it any more.</summary>
    private async Task<ConnectAttempt?> AttemptConnectAsync()
    {
        _stateNotifier.Set(TunnelClientState.Connecting);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        Task<TunnelConnectException?> dialing = ConnectToAnyAddressAsync(giveUp.Token);
        while (!dialing.IsCompleted)
        {
            Task change;
            lock (_gate)
            {
                if (_changed.Task.IsCompleted)
                {
                    _changed = CreateChangeSource();
                }

                change = IsSessionWanted ? _changed.Task : Task.CompletedTask;
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
            return CompleteAttempt(await dialing.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!_disposed.IsCancellationRequested)
        {
            lock (_gate)
            {
                _isAttempting = false;
            }

            return null;
        }
    }

    private ConnectAttempt CompleteAttempt(TunnelConnectException? failure)
    {
        TimeSpan delay = TimeSpan.Zero;
        if (failure is not null)
        {
            delay = _backoff.NextDelay();
            delay = failure.RetryAfter > delay ? failure.RetryAfter : delay;
        }

        var round = new ConnectAttempt(failure, delay);
        TaskCompletionSource<ConnectAttempt> ended;
        lock (_gate)
        {
            _isAttempting = false;
            _keepsConnected |= failure is null && _options.StayConnected;
            SetRetryDelayLocked(delay);
            ended = _pendingAttempt;
            _pendingAttempt = CreateAttemptSource();
        }

        ended.SetResult(round);
        return round;
    }

    private void SetRetryDelayLocked(TimeSpan delay)
    {
        _retryDelay = delay;
        _retryDelayStart = _options.TimeProvider.GetTimestamp();
    }

    /// <summary>Waits until calls should go to another session, and leaves this one to its end.</summary>
    private async Task RunUntilReplacedAsync(ClientSession session)
    {
        long began = _options.TimeProvider.GetTimestamp();
        await session.DrainingOrEnded.WaitAsync(_disposed.Token).ConfigureAwait(false);
        lock (_gate)
        {
            _drainingSessions = [.. _drainingSessions ?? [], session];
        }

        _session = null;
        _addressSelector.Deprioritize(session.Address);
        _cleanup = Task.WhenAll(_cleanup, EndAsync(session));

        // A server that ends each session at once is not asked for one after the other without a pause.
        if (_options.TimeProvider.GetElapsedTime(began) >= _options.MaxReconnectDelay)
        {
            _shortLivedCount = 0;
            _backoff.Reset();
        }

        lock (_gate)
        {
            SetRetryDelayLocked(_shortLivedCount++ == 0 ? TimeSpan.Zero : _backoff.NextDelay());
        }
    }

    /// <summary>Makes a session, at the first address that has a path; gives the failure when none has.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    private async Task<TunnelConnectException?> ConnectToAnyAddressAsync(CancellationToken cancellationToken)
    {
        if (_cleanup.IsCompleted)
        {
            _cleanup = Task.CompletedTask;
        }

        TunnelConnectException? failure = null;
        foreach (Uri address in await ResolveAddressesAsync(cancellationToken).ConfigureAwait(false) ?? [])
        {
            TunnelConnectException? failed = await ConnectToAddressAsync(address, cancellationToken).ConfigureAwait(false);
            if (failed is null)
            {
                return null;
            }

            failure = new TunnelConnectException(failed) { IsTransient = failed.IsTransient || failure is { IsTransient: true } };
        }

        return failure ?? CreateNoEndpointException(_options.Address, "AddressResolver has failed.");
    }

    private async ValueTask<IReadOnlyList<Uri>?> ResolveAddressesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _addressSelector.GetOrderedAddressesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // The application's resolver: whatever it throws, this try has failed, and the next one may not.
            ClientLog.EndpointResolutionFailed(_logger, error.Message);
            return null;
        }
    }

    private async Task<TunnelConnectException?> ConnectToAddressAsync(Uri address, CancellationToken cancellationToken)
    {
        TunnelEndpoint endpoint;
        try
        {
            endpoint = await _options.CreateEndpointAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // Likewise the application's.
            ClientLog.EndpointResolutionFailed(_logger, error.Message);
            return CreateNoEndpointException(address, error.Message);
        }

        string way = TransportHistory.GetRouteKey(endpoint);
        using var negotiator = new Negotiator(_options, endpoint, _history, way);
        try
        {
            (EstablishedPath path, PathReport report) = await negotiator.RunAsync(cancellationToken).ConfigureAwait(false);
            StartSession(path, report, way);
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
            _cleanup = Task.WhenAll(_cleanup, negotiator.UnusedPathsClosed);
        }
    }

    private void StartSession(EstablishedPath path, PathReport report, string routeKey)
    {
        _onReport(report);
        ClientLog.Connected(_logger, report);
        var session = new TunnelSession(path.SessionInfo, path.Connection, path.Input, _options);
        TunnelPeer peer = _createPeer(session);
        peer.Start();
        var mover = new PathMigrator(session, path, report, _options, _history, routeKey, _logger, _onReport);
        var keeper = new PathMonitor(session, mover, _options, _logger, OnResuming);
        _session = new ClientSession(peer, keeper, report.Address);
        _stateNotifier.Set(TunnelClientState.Connected);
        keeper.Start();

        void OnResuming(bool resuming, string? loss)
        {
            if (_session?.Peer == peer)
            {
                _stateNotifier.Set(resuming ? TunnelClientState.Resuming : TunnelClientState.Connected, loss);
            }
        }
    }

    private static TunnelConnectException CreateNoEndpointException(Uri? address, string reason) =>
        new(new PathReport(address ?? new Uri("http://unresolved.invalid/"), null, [], TimeSpan.Zero), new InvalidOperationException(reason)) { IsTransient = true };
}
