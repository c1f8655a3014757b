using System.Diagnostics;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Logging;
using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Connecting;

// Decision: docs/adr/0022-one-loop-connects-a-client.md
/// <summary>
/// Opens a client's sessions, one after the other. One loop performs the decisions of a <see cref="ConnectorState"/>: it connects while a
/// caller waits for a session, or while the client stays connected, and it opens the next session when the current one drains or ends.
/// Thread-safe.
/// </summary>
[DebuggerDisplay("{_state}")]
internal sealed class Connector : IAsyncDisposable
{
    private readonly TunnelClientOptions _options;
    private readonly StateNotifier _stateNotifier;
    private readonly SessionDialer _dialer;
    private readonly DrainingSessions _drainingSessions = new();
    private readonly ILogger _logger;
    private readonly LogLimiter? _logLimiter;
    private readonly CancellationTokenSource _disposed = new();
    private readonly long _createdAt;

    // Written by the loop, read by every thread. Null when there is no session.
    private volatile ClientSession? _session;

    // Set to the connector in the asynchronous control flow of its loop.
    private static readonly AsyncLocal<Connector?> LoopOfFlow = new();

    // Completed when code that the loop runs waits for the disposal, so that the disposal must not wait for the loop.
    private readonly TaskCompletionSource _loopDetached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly ConnectorState _state;

    // Guarded by _gate: completed, and replaced, when an attempt ends.
    private TaskCompletionSource<ConnectAttempt> _pendingAttempt = CreateAttemptSource();

    // Guarded by _gate: completed when _state has changed, so that the loop decides again; replaced by the loop.
    private TaskCompletionSource _changed = CreateChangeSource();

    // Guarded by _gate: the loop starts with the first demand. After _disposeTask is set, no loop starts.
    private Task? _loop;
    private Task? _disposeTask;

    /// <param name="options">The client's options.</param>
    /// <param name="createPeer">Creates the peer of a session; the peer is not started.</param>
    /// <param name="onReport">Receives each report.</param>
    /// <param name="compareContracts">Compares the client's contracts with those of a server; does not fail.</param>
    /// <param name="stateNotifier">Receives each state.</param>
    /// <param name="logger">The client's log.</param>
    /// <param name="logLimiter">Limits the entries of the log; disposed when the client has stopped. Null for no limit.</param>
    public Connector(
        TunnelClientOptions options,
        Func<TunnelSession, TunnelPeer> createPeer,
        Action<PathReport> onReport,
        Func<TunnelPeer, Task> compareContracts,
        StateNotifier stateNotifier,
        ILogger logger,
        LogLimiter? logLimiter = null)
    {
        _options = options;
        _stateNotifier = stateNotifier;
        _logger = logger;
        _logLimiter = logLimiter;
        _state = new ConnectorState(options);
        _dialer = new SessionDialer(options, createPeer, onReport, compareContracts, OnResumingChanged, logger);
        _createdAt = options.TimeProvider.GetTimestamp();
    }

    /// <summary>The session for new calls; null when there is none.</summary>
    public ClientSession? CurrentSession => _session is { IsUsable: true } session ? session : null;

    /// <summary>Whether a session may let its running calls finish. A cheap check before <see cref="FindDrainingPeer"/>.</summary>
    public bool HasDrainingSession => _drainingSessions.HasAny || _session is { IsDraining: true };

    public bool IsDisposed => _disposed.IsCancellationRequested;

    /// <summary>Completes when the current session has ended; completed when there is none.</summary>
    public Task SessionCompletion => _session?.Peer.SessionCompletion ?? Task.CompletedTask;

    /// <summary>The time since the connector was created.</summary>
    private TimeSpan Now => _options.TimeProvider.GetElapsedTime(_createdAt);

    /// <summary>
    /// Returns the peer of the session with this id while the session drains; null when there is none. Nested calls, which a call that
    /// still runs there makes, go to this peer.
    /// </summary>
    public TunnelPeer? FindDrainingPeer(string? sessionId)
    {
        ClientSession? current = _session;
        return sessionId is null ? null
            : current is { IsDraining: true } && current.Peer.Parameters.Id == sessionId ? current.Peer
            : _drainingSessions.FindPeer(sessionId);
    }

    /// <summary>
    /// Completes, without an exception, when no call of the server runs in the sessions that the client has now, and the replies of those
    /// that have ended were handed to the sessions.
    /// </summary>
    public Task WaitForCallbacksAsync() =>
        Task.WhenAll(_session?.Peer.WaitForRunningCallsAsync() ?? Task.CompletedTask, _drainingSessions.WaitForCallbacksAsync());

    /// <summary>The state in words, for diagnosis.</summary>
    public string DescribeState()
    {
        lock (_gate)
        {
            string loop = _loop is null ? "not started" : _loop.IsCompleted ? "ended" : "running";
            return $"{_state}, loop {loop}" + (_disposeTask is null ? "" : ", disposing");
        }
    }

    /// <summary>From now on the client opens a session whenever it has none.</summary>
    public void KeepConnected()
    {
        lock (_gate)
        {
            _state.OnKeepConnected();
            WakeLoopLocked();
        }
    }

    /// <summary>Returns the peer of the current session. Waits for a session when there is none.</summary>
    /// <param name="skipDelay">Whether to connect at once, although the next attempt is due later.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TunnelConnectException">
    /// No address has a path, and another attempt within <see cref="TunnelClientOptions.ConnectTimeout"/> did not help or cannot help.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellationToken"/> was cancelled. Its inner exception is the failure of the last attempt that has ended; if none
    /// has, the report of the attempt that runs.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public async ValueTask<TunnelPeer> GetPeerAsync(bool skipDelay, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(TunnelClient));
        if (CurrentSession is { } connected)
        {
            return connected.Peer;
        }

        long startTimestamp = _options.TimeProvider.GetTimestamp();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        Task<ConnectAttempt> pending = AddWaiter(skipDelay);
        TunnelConnectException? lastFailure = null;
        try
        {
            while (true)
            {
                // Checked after the pending attempt was taken: an attempt that ended before has published its session, and its end is not
                // seen again.
                if (CurrentSession is { } opened)
                {
                    return opened.Peer;
                }

                ConnectAttempt attempt = await pending.WaitAsync(linked.Token).ConfigureAwait(false);
                if (attempt.IsFinal(_options.TimeProvider.GetElapsedTime(startTimestamp), _options.ConnectTimeout))
                {
                    throw new TunnelConnectException(attempt.Failure!);
                }

                lastFailure = attempt.Failure;
                pending = GetPendingAttempt();
            }
        }
        catch (OperationCanceledException cancelled)
        {
            ObjectDisposedException.ThrowIf(!cancellationToken.IsCancellationRequested, typeof(TunnelClient));
            if (lastFailure is null && _dialer.CreateProgressReport() is { } progress)
            {
                lastFailure = new TunnelConnectException(progress, null);
            }

            throw lastFailure is null
                ? new OperationCanceledException("Connecting was cancelled.", cancelled, cancellationToken)
                : new OperationCanceledException(
                    $"Connecting was cancelled. {lastFailure.Message}", new TunnelConnectException(lastFailure), cancellationToken);
        }
        finally
        {
            RemoveWaiter();
        }
    }

    /// <summary>
    /// Closes all sessions in order. Completes, without an exception, when they and their callbacks have ended, or after
    /// <see cref="TunnelClientOptions.ShutdownTimeout"/>. May be called any number of times, also by code of the application that the loop
    /// runs; returns the same task each time.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (LoopOfFlow.Value == this)
        {
            _loopDetached.TrySetResult();
        }

        lock (_gate)
        {
            if (_disposeTask is null)
            {
                // Cancelled at once, so that calls after this one fail. The rest takes locks and runs code of the application.
                Task cancelling = _disposed.CancelAsync();
                Task loop = _loop ?? Task.CompletedTask;
                _disposeTask = Task.Run(() => StopAsync(cancelling, loop));
            }

            return new ValueTask(_disposeTask);
        }
    }

    private static TaskCompletionSource<ConnectAttempt> CreateAttemptSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource CreateChangeSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task StopAsync(Task cancelling, Task loop)
    {
        Task closing = CloseSessionsAsync(cancelling, loop);

        // If code of the application that the loop runs waits for the disposal, the loop ends after it. It opens no session any more.
        Task closingWithoutLoop =
            Task.WhenAll(_loopDetached.Task, _drainingSessions.CloseAsync(), _session?.CloseAsync() ?? Task.CompletedTask);
        Task<Task> first = Task.WhenAny(closing, closingWithoutLoop);
        await ((Task)first).WaitAsync(_options.ShutdownTimeout, _options.TimeProvider)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsCompleted)
        {
            await (await first.ConfigureAwait(false)).ConfigureAwait(false);
        }
        else
        {
            // Pending calls end in any case, also if something keeps the sessions from closing in order.
            _drainingSessions.Abort();
            _session?.Abort();
            ClientLog.ShutdownTimedOut(_logger, _options.ShutdownTimeout);
        }

        _stateNotifier.Set(TunnelClientState.Closed);
        _logLimiter?.Dispose();
    }

    private async Task CloseSessionsAsync(Task cancelling, Task loop)
    {
        try
        {
            await cancelling.ConfigureAwait(false);
        }
        catch (AggregateException callbacks)
        {
            // Callbacks that AddressResolver, AccessTokenProvider or a transport of the application registered.
            ClientLog.CancellationCallbackFailed(_logger, callbacks);
        }

        await loop.ConfigureAwait(false);
        await Task.WhenAll(_drainingSessions.CloseAsync(), _session?.CloseAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        await Task.WhenAll(_drainingSessions.WhenEnded, _dialer.UnusedPathsClosed).ConfigureAwait(false);
        await _dialer.CloseSpareConnectionAsync().ConfigureAwait(false);
    }

    /// <summary>Adds a waiter, and returns the attempt that it waits for.</summary>
    private Task<ConnectAttempt> AddWaiter(bool skipDelay)
    {
        lock (_gate)
        {
            _state.OnWaiterAdded(Now, skipDelay);
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
            _state.OnWaiterRemoved();
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
        LoopOfFlow.Value = this;
        try
        {
            while (true)
            {
                _disposed.Token.ThrowIfCancellationRequested();
                (ConnectorDecision decision, Task changed) = Decide();
                switch (decision.Action)
                {
                    case ConnectorAction.WaitForDemand:
                        _stateNotifier.Set(TunnelClientState.Idle);
                        await changed.WaitAsync(_disposed.Token).ConfigureAwait(false);
                        break;

                    case ConnectorAction.WaitForDelay:
                        _stateNotifier.Set(TunnelClientState.Connecting);
                        await changed.WaitAsync(decision.Delay, _options.TimeProvider, _disposed.Token)
                            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                        break;

                    case ConnectorAction.StartAttempt:
                        _stateNotifier.Set(TunnelClientState.Connecting);
                        await AttemptConnectAsync().ConfigureAwait(false);
                        break;

                    case ConnectorAction.KeepSession:
                        await KeepSessionAsync(_session!).ConfigureAwait(false);
                        break;

                    default:
                        throw new UnreachableException($"The loop runs no attempt, and was to {decision.Action}.");
                }
            }
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            // The client is disposed.
        }
    }

    /// <summary>Returns the next decision, and a task that completes when the state has changed after it.</summary>
    private (ConnectorDecision Decision, Task Changed) Decide()
    {
        lock (_gate)
        {
            ConnectorDecision decision = _state.Decide(Now);
            if (decision.Action == ConnectorAction.StartAttempt)
            {
                _state.OnAttemptStarted();
            }

            if (_changed.Task.IsCompleted)
            {
                _changed = CreateChangeSource();
            }

            return (decision, _changed.Task);
        }
    }

    /// <summary>Runs one attempt at all addresses. Cancels it when no session is wanted any more.</summary>
    private async Task AttemptConnectAsync()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        Task<TunnelConnectException?> connecting = ConnectAsync(cancellation.Token);
        while (!connecting.IsCompleted)
        {
            (ConnectorDecision decision, Task changed) = Decide();
            if (decision.Action == ConnectorAction.CancelAttempt)
            {
                await cancellation.CancelAsync().ConfigureAwait(false);
                break;
            }

            await Task.WhenAny(connecting, changed).ConfigureAwait(false);
        }

        try
        {
            CompleteAttempt(await connecting.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!_disposed.IsCancellationRequested)
        {
            lock (_gate)
            {
                _state.OnAttemptCancelled();
            }
        }
    }

    /// <summary>Opens a session and publishes it; returns the failure when there is no path.</summary>
    private async Task<TunnelConnectException?> ConnectAsync(CancellationToken cancellationToken)
    {
        (ClientSession? session, TunnelConnectException? failure) = await _dialer.DialAsync(cancellationToken).ConfigureAwait(false);
        if (session is not null)
        {
            _session = session;
            _stateNotifier.Set(TunnelClientState.Connected);
            session.StartMonitor();
            session.CompareContracts();
        }

        return failure;
    }

    private void CompleteAttempt(TunnelConnectException? failure)
    {
        TimeSpan retryDelay = TimeSpan.Zero;
        TaskCompletionSource<ConnectAttempt> completed;
        lock (_gate)
        {
            if (failure is null)
            {
                _state.OnAttemptSucceeded(Now);
            }
            else
            {
                retryDelay = _state.OnAttemptFailed(Now, failure.RetryAfter);
            }

            completed = _pendingAttempt;
            _pendingAttempt = CreateAttemptSource();
        }

        completed.SetResult(new ConnectAttempt(failure, retryDelay));
    }

    /// <summary>Waits until new calls should use another session, and moves this one to the draining sessions.</summary>
    private async Task KeepSessionAsync(ClientSession session)
    {
        await session.DrainingOrEnded.WaitAsync(_disposed.Token).ConfigureAwait(false);
        _drainingSessions.Add(session);
        _session = null;
        _dialer.Deprioritize(session.Address);
        lock (_gate)
        {
            _state.OnSessionReplaced(Now);
        }
    }

    private void OnResumingChanged(TunnelPeer peer, bool isResuming, string? reason)
    {
        if (_session?.Peer == peer)
        {
            _stateNotifier.Set(isResuming ? TunnelClientState.Resuming : TunnelClientState.Connected, reason);
        }
    }
}
