using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls;

/// <summary>
/// A call of the peer that this side serves. The reader creates it, adds it to the stream table and queues its work. One work item runs it
/// from <see cref="IThreadPoolWorkItem.Execute"/> to <see cref="OnEnded"/>: an item of the session's work queue, or of the thread pool if
/// the call is under ordered dispatch. After its first await the work continues on any thread. The reader, the timer of the deadline and
/// the release of the called reference may cancel or fail it at the same time; <see cref="IncomingCallState"/> decides those races.
/// </summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The source has no timer and is not linked: it has nothing to release.")]
internal abstract partial class IncomingCall : TunnelStream, IThreadPoolWorkItem
{
    // Cancelled by the item that QueueCancellation queues; reset by the work item. A call that was cancelled is not reused.
    private readonly CancellationTokenSource _cancellation = new();

    // Used by the work item only.
    private IAsyncDisposable? _scope;

    // Changed atomically. Its transition table names the threads.
    private IncomingCallState _state;

    // Set before the work is queued. Thread-safe: released when the work is done, or when the call is cancelled before its work starts.
    private IncomingCallLimiter.Permit _permit;

    // Set before the work is queued; null when the CALL has no metadata.
    private CallMetadata? _metadata;

    // Started before the work is queued, or by the work item. A call that had a deadline is not reused.
    private IncomingCallDeadline _deadline;

    // Used by the work item only.
    private TunnelCallContext? _context;
    private CallReferences? _references;

    // Set before the work is queued: the references of the arguments. They end with the call; those of a one-way call that runs are its
    // method's, so this is null then.
    private IReadOnlyList<ImportedReference>? _arguments;
    private CancellationTokenRegistration _referenceReleasedRegistration;

    // Set before the work is queued: the memory of the arguments. Disposed by the work item.
    private MemoryLease _lease;

    // Joined before the work is queued, left by the work item.
    private IncomingCallOrder _order;

    /// <summary>The peer that made the call; null while the object is in its pool.</summary>
    public TunnelPeer Peer { get; private set; } = null!;

    /// <summary>The object that the call runs on, if this side passed it by reference; null for a call of a service.</summary>
    public ExportedReference? Reference { get; private set; }

    /// <inheritdoc/>
    public override bool RunsWithoutContext => Peer is not null && !ShouldCreateContext;

    /// <inheritdoc/>
    public override TunnelMethod? CalledMethod => Peer is null ? null : Method;

    /// <summary>Cancelled when the caller cancels, the deadline passes, the called reference is released or the session ends.</summary>
    protected CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The method that is called.</summary>
    protected abstract TunnelMethod Method { get; }

    /// <summary>Whether the caller expects no reply.</summary>
    protected bool IsOneWay { get; private set; }

    /// <summary>Whether the call says that it belongs to a chain, so that it may be nested in a call of this side.</summary>
    private bool IsNested => _metadata is { ChainId: not 0 };

    private string DebuggerDisplay => Peer is null ? "pooled" : $"{Method.FullName}, stream {Id}, {_state}{(IsOneWay ? ", one-way" : "")}";

    /// <summary>Adds the call to the stream table and queues its work. Called by the reader, once for each use of the object.</summary>
    /// <param name="head">The head of the call.</param>
    /// <param name="encodedLength">
    /// The length of the arguments if they are decoded later, of which the caller has made sure by <see cref="MayDecodeLater"/>; 0 if they
    /// are decoded.
    /// </param>
    public void Begin(in IncomingCallInfo head, int encodedLength = 0)
    {
        Peer = head.Peer;
        _metadata = head.Metadata;
        Reference = head.Reference;
        _references = head.References;
        _permit = head.Permit.Move();
        _lease = head.Lease.Move();
        _state = default;
        _scheduler = head.Scheduler;
        _scheduling = 0;
        IsOneWay = (head.Flags & FrameFlags.OneWay) != 0;
        if (PendingAuthorization is null)
        {
            TakeReferencesOfArguments(head.StreamId);
        }

        Peer.OnCallStarted();

        if (IsNested)
        {
            _permit.MarkNested();
        }

        if (Method.IsOrdered || IsNested)
        {
            _order.Join(Peer, _metadata, FindOrderedQueue(), this);
        }

        // One-way calls are in the table, too: the end of the session cancels them.
        Peer.Multiplexer.Accept(this, head.StreamId);
        if (Reference is not null)
        {
            Reference.OnCallStarted(IsOneWay);
            if (!IsOneWay)
            {
                _referenceReleasedRegistration =
                    Reference.Released.UnsafeRegister(static state => ((IncomingCall)state!).OnReferenceReleased(), this);
            }
        }

        if (_metadata?.Timeout is TimeSpan timeout)
        {
            StartDeadlineTimer(timeout);
        }

        if (_order.IsOrdered)
        {
            _order.Enqueue();
        }
        else if (_scheduler is not null)
        {
            EnqueueScheduled();
        }
        else if (encodedLength == 0 || !TryDecodeLater(head, encodedLength))
        {
            Peer.Multiplexer.Work.EnqueueFromReader(this);
        }
    }

    /// <summary>
    /// Limits the remaining time of the call; has no effect when that is shorter already. Called by filters, on the work item, before the
    /// reply is sent.
    /// </summary>
    public void LimitTimeout(TimeSpan timeout)
    {
        if (_context!.RemainingTime is TimeSpan remaining && remaining <= timeout)
        {
            return;
        }

        StartDeadlineTimer(timeout);
        _context.DeadlineTimestamp = _deadline.Timestamp;
    }

    /// <inheritdoc/>
    public override string DescribeState() =>
        $"{_state}{(_order.IsOrdered ? ", under ordered dispatch" : "")}{(IsOneWay ? ", one-way" : "")}"
        + (_cancellation.IsCancellationRequested ? ", cancelled" : "");

    /// <inheritdoc/>
    public override void OnCancel(TunnelStatus status)
    {
        // A call that is cancelled before its work starts never runs, also when it waits in an ordered queue. Its permit is released now. A
        // call that waits for a context of the application keeps it, so that the number of those that wait there is limited.
        if (_state.TryCancelBeforeStart() && _scheduler is null)
        {
            ReleasePermit();
        }

        QueueCancellation(new TunnelException(TunnelStatus.Cancelled, "The caller has cancelled the call."));
    }

    /// <inheritdoc/>
    public override void OnFinalMessage() => ReleasePermit();

    /// <inheritdoc/>
    public override void OnItemsRejected(TunnelException error) => FailEarly(error);

    /// <inheritdoc/>
    public override void OnFailed(TunnelException error)
    {
        QueueCancellation(error);
        if (_scheduler is not null)
        {
            OnSessionEndedWhileScheduled();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_scheduler is not null)
        {
            // The ordered queue has admitted the call.
            EnqueueScheduled();
            return;
        }

        // The task is not awaited: RunAsync throws nothing, and the peer waits for its OnCallEnded.
        _ = RunAsync();
    }

    /// <summary>The references of the call; null for a method that passes none.</summary>
    protected CallReferences? References => _references;

    /// <summary>Calls the implementation and sends its reply. An exception is sent to the caller as the failure of the call.</summary>
    /// <returns>Whether the reply was sent. Then the call is out of the stream table, and no other thread uses it.</returns>
    protected abstract ValueTask<bool> InvokeAsync();

    /// <summary>The type of the frame that carries a failure: REPLY, or END for a method that streams back.</summary>
    protected virtual FrameType FailureFrame => FrameType.Reply;

    /// <summary>Whether the implementation or a filter may read <see cref="TunnelCallContext.Current"/>.</summary>
    protected virtual bool ShouldCreateContext => true;

    /// <summary>The call has ended. <paramref name="canReuse"/>: no other thread has the object, so it may return to its pool.</summary>
    protected virtual void OnEnded(bool canReuse)
    {
    }

    /// <summary>Returns the implementation. Its scope is disposed when the call has ended.</summary>
    protected TService Activate<TService>(ServiceActivator<TService> activator)
        where TService : class
    {
        _scope = activator.CreateScope(this, out IServiceProvider? services);
        return activator.Resolve(this, services);
    }

    /// <summary>Runs the filters, the implementation as the last. Their scope is disposed when the call has ended.</summary>
    protected ValueTask<TResult> InvokeWithFiltersAsync<TService, TArgs, TInput, TResult>(
        IncomingFilters<TService, TArgs, TInput, TResult> filters, TArgs args, TInput input)
        where TService : class => filters.RunAsync(this, _context!, args, input, out _scope);

    private async Task RunAsync()
    {
        TunnelPeer peer = Peer;
        bool isReplied = false;
        bool isFailureSent = false;
        if (ShouldCreateContext || PendingAuthorization is not null)
        {
            TunnelCallContext.Current = _context = CreateContext(peer);
        }

        if (_state.TryStart())
        {
            try
            {
                if ((_order.Refusal ?? _undecodable) is { } refusal)
                {
                    // A call that never ran is refused with REPLY, also when its method streams back.
                    await ReplyWithFailureAsync(FrameType.Reply, refusal, ReplyFlags.Refused).ConfigureAwait(false);
                }
                else if (PendingAuthorization is { } authorization
                    && await AuthorizeAsync(authorization).ConfigureAwait(false) is { } unauthorized)
                {
                    isFailureSent =
                        await ReplyWithFailureAsync(FrameType.Reply, unauthorized, ReplyFlags.Refused).ConfigureAwait(false);
                }
                else
                {
                    if (_references is not null && peer.ImportedReferences.IsUnderPressure)
                    {
                        await peer.ImportedReferences.WaitForCollectionAsync(CancellationToken).ConfigureAwait(false);
                    }

                    if (IsOneWay)
                    {
                        _arguments = null;
                    }

                    isReplied = await InvokeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                isFailureSent = await ReplyWithFailureAsync(FailureFrame, error).ConfigureAwait(false);
            }
        }

        // Also of a call that was cancelled while it waited for a context. Has no effect if it was released before.
        ReleasePermit();
        if (_references is not null)
        {
            EndReferences(_references, isReplied, isFailureSent);
        }

        if (Reference is not null)
        {
            await _referenceReleasedRegistration.DisposeAsync().ConfigureAwait(false);
            Reference.OnCallEnded();
        }

        if (_deadline.IsSet)
        {
            await _deadline.DisposeTimerAsync().ConfigureAwait(false);
        }

        if (_scope is not null)
        {
            await peer.DisposeScopeAsync(Method, _scope).ConfigureAwait(false);
            _scope = null;
        }

        _order.Leave(peer, _metadata);
        ReceiveWindow?.Release();
        _lease.Dispose();
        bool isDetached = _context is { } context && context.OnCallEnded();
        _context = null;
        bool canReuse = isReplied && _metadata is null && _references is null && !_deadline.IsSet && TryReset();

        // An ended call may stay reachable for a while; the references that it has received must not.
        _references = null;
        _arguments = null;
        _undecodable = null;
        OnEnded(canReuse);
        peer.OnCallEnded(isDetached);
    }

    private void StartDeadlineTimer(TimeSpan timeout) =>
        _deadline.Start(Peer.Options.TimeProvider, timeout, static state => ((IncomingCall)state!).OnDeadlineExceeded(), this);

    /// <summary>
    /// Releases the permit of the call; has no effect when it was released before. Called when the work is done and before the reply is
    /// sent, so that a call that the caller makes after the reply does not exceed the limit.
    /// </summary>
    protected void ReleasePermit() => _permit.Dispose();

    /// <summary>
    /// The call was cancelled or failed: no more items arrive for it. Called after the token was cancelled, on a thread of the pool.
    /// </summary>
    protected virtual void OnInputEnded(TunnelException reason)
    {
    }

    /// <summary>
    /// Prepares the object for its next use, possibly in another session. False when the call was cancelled and must not be reused.
    /// </summary>
    private bool TryReset()
    {
        if (!_cancellation.TryReset())
        {
            return false;
        }

        Peer = null!;
        return true;
    }

    /// <summary>The entry in the send scheduler for a call with a priority; null for normal priority.</summary>
    private ScheduledSender? CreateScheduledSender() =>
        _metadata is { Priority: not TunnelPriority.Normal } metadata ? ScheduledSender.ForPriority(metadata.Priority) : null;

    private TunnelCallContext CreateContext(TunnelPeer peer)
    {
        TransportConnectionInfo connection = peer.Parameters.Connection;
        return new TunnelCallContext(Method, peer.Parameters.Id, connection.Transport, connection.User, peer)
        {
            Headers = _metadata?.Headers ?? TunnelHeaders.Empty,
            Priority = _metadata?.Priority ?? TunnelPriority.Normal,
            CancellationToken = CancellationToken,
            DeadlineTimestamp = _deadline.Timestamp,
            Chain = _order.Chain,
            ChainDepth = _metadata?.ChainDepth ?? 0,
            ClientCertificate = connection.ClientCertificate,
        };
    }

    /// <summary>The queue in which the call waits; null when its method is not under ordered dispatch.</summary>
    private OrderedQueue? FindOrderedQueue() =>
        !Method.IsOrdered ? null
        : Reference is null ? Peer.OrderedQueues.GetOrAdd(Method.Service)
        : Reference.OrderedQueue!;

    private void OnDeadlineExceeded() => FailEarly(new TunnelException(
        TunnelStatus.DeadlineExceeded, $"{Method} did not end within the timeout of its call, {_deadline.Timeout}."));

    private void OnReferenceReleased() => FailEarly(new TunnelException(
        TunnelStatus.Cancelled,
        $"{Method} was cancelled: the object that it was called on was released, or the call that passed the object has ended."));

    /// <summary>
    /// Sends a failure to the caller and cancels the work, while the work may still run. Work that ignores its cancellation keeps its
    /// permit until it ends.
    /// </summary>
    private void FailEarly(TunnelException reason)
    {
        if (!_state.TryFailEarly())
        {
            // The work is done, and the first fragments of its reply may have been sent.
            return;
        }

        if (!IsOneWay)
        {
            // Before the failure is sent: the caller may make its next call when it receives that.
            Abandon();
        }

        if (Peer.Multiplexer.TryRemove(this) && !IsOneWay)
        {
            Peer.Multiplexer.SendFailure(Id, reason.Status, reason.Message, FailureFrame);
        }

        QueueCancellation(reason);
    }

    private (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) DescribeFailure(Exception error)
    {
        try
        {
            return Peer.DescribeFailure(Method, error, _cancellation.IsCancellationRequested);
        }
        catch (Exception)
        {
            // Members of exceptions and loggers are code of the application and may throw. The caller still gets a reply.
            return (TunnelStatus.Internal, $"{Method} failed with an exception that threw another exception while it was described.", null);
        }
    }

    /// <summary>
    /// The caller no longer waits for the call and may make its next one: the call is deducted from the limit until its permit is released.
    /// </summary>
    private void Abandon() => _permit.Abandon();

    /// <summary>Cancels the token and ends the input, in a work item of the thread pool.</summary>
    private void QueueCancellation(TunnelException reason)
    {
        if (!IsOneWay)
        {
            Abandon();
        }

        // A call that waits in an ordered queue leaves it.
        _order.TryWithdraw(reason);

        // Callbacks of the token are code of the application: they must not run on the reader.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                (IncomingCall call, TunnelException reason) = state;
                try
                {
                    call._cancellation.Cancel();
                }
                catch (AggregateException callbacks)
                {
                    call.Peer.OnCancellationCallbackFailed(call.Method, callbacks);
                }

                // After the token, so that a consumer whose wait for items ends here finds its token cancelled.
                call.OnInputEnded(reason);
            },
            (this, reason),
            preferLocal: false);
    }
}
