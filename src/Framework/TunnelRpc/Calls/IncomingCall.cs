using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A call of the peer that runs here. The reader cancels it; one work item of the thread pool runs it.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal abstract partial class IncomingCall : TunnelStream, IThreadPoolWorkItem
{
    // The reader cancels, the work item reuses it: only a call that nobody cancelled is reused.
    private readonly CancellationTokenSource _cancellation = new();

    // The work item's.
    private IAsyncDisposable? _scope;

    private const int Replying = 1;
    private const int FailedEarly = 2;
    private const int Started = 1;
    private const int CancelledBeforeStart = 2;

    // Changed atomically: whether the work has begun, or will not because the caller has given the call up before.
    private int _startState;

    // Set before the work is queued. Changed atomically: released when the work is done, or when the call is cancelled before its work starts.
    private IncomingCallLimiter.Permit _permit;

    // Changed atomically: an answer in pieces is not cut off by another one.
    private int _replyState;

    // Set before the work is queued; null when nothing came beside the arguments.
    private CallMetadata? _metadata;

    // Set before the work is queued, or by the work item: a call that had a deadline is not used again.
    private ITimer? _deadlineTimer;
    private TimeSpan _timeout;
    private long _deadlineTimestamp;

    // The work item's.
    private TunnelCallContext? _context;
    private CallReferences? _references;
    private CancellationTokenRegistration _referenceReleasedRegistration;

    // Set before the work is queued: the memory of the arguments. Disposed by the work item.
    private MemoryLease _lease;

    // Set before the work is queued: under ordered dispatch, or in a chain with such a call; null else.
    private OrderedTicket? _orderedTicket;
    private CallChain? _chain;

    public TunnelPeer Peer { get; private set; } = null!;

    /// <summary>The object that is called, if the peer calls one that was passed to it.</summary>
    public ExportedReference? Reference { get; private set; }

    protected CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The method, for messages.</summary>
    protected abstract TunnelMethod Method { get; }

    protected bool IsOneWay { get; private set; }

    /// <summary>Puts the call into the table and queues its work.</summary>
    public void Begin(in IncomingCallInfo head)
    {
        Peer = head.Peer;
        _metadata = head.Metadata;
        Reference = head.Reference;
        _references = head.References;
        _permit = head.Permit.Move();
        _lease = head.Lease.Move();
        _replyState = 0;
        _startState = 0;
        IsOneWay = (head.Flags & FrameFlags.OneWay) != 0;
        Peer.OnCallStarted();

        if (_metadata is { ChainId: not 0 })
        {
            _permit.MarkNested();
        }

        if (Method.IsOrdered || _metadata is { ChainId: not 0 })
        {
            JoinChain();
        }

        // One-way calls too: the end of the session cancels them.
        Peer.Multiplexer.Accept(this, head.StreamId);
        if (Reference is not null)
        {
            Reference.OnCallStarted();
            _referenceReleasedRegistration = Reference.Released.UnsafeRegister(static state => ((IncomingCall)state!).OnReferenceReleased(), this);
        }

        if (_metadata?.Timeout is TimeSpan time)
        {
            StartDeadlineTimer(time);
        }

        if (_orderedTicket is null)
        {
            Peer.Multiplexer.Work.EnqueueFromReader(this);
        }
        else
        {
            _orderedTicket.Enqueue(WaitForGraph.Shared);
        }
    }

    /// <summary>Gives the call at most this long from now on, for a filter: on the work item, before the answer goes out.</summary>
    public void LimitTimeout(TimeSpan timeout)
    {
        if (_context!.RemainingTime is TimeSpan left && left <= timeout)
        {
            return;
        }

        _deadlineTimer?.Dispose();
        StartDeadlineTimer(timeout);
        _context.DeadlineTimestamp = _deadlineTimestamp;
    }

    public override void OnCancel(TunnelStatus status)
    {
        // Given up before its work began it never runs, and takes nobody's room; also where it waits for its turn.
        if (Interlocked.CompareExchange(ref _startState, CancelledBeforeStart, 0) == 0)
        {
            ReleasePermit();
        }

        QueueCancellation(new TunnelException(TunnelStatus.Cancelled, "The caller has cancelled the call."));
    }

    public override void OnItemsRejected(TunnelException error) => FailEarly(error);

    public override void OnFailed(TunnelException error) => QueueCancellation(error);

    // Every way of running ends in the peer's count, which the peer waits for; no exception leaves it.
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Calls the implementation and answers. An exception becomes the caller's failure.</summary>
    /// <returns>Whether the answer went out, so that nobody else holds the call.</returns>
    protected abstract ValueTask<bool> InvokeAsync();

    /// <summary>The frame that carries a failure.</summary>
    protected virtual FrameType FailureFrame => FrameType.Reply;

    /// <summary>Whether the implementation, or what runs around it, may look at the call's context.</summary>
    protected virtual bool ShouldCreateContext => true;

    /// <summary>The call is over; <paramref name="canReuse"/> when nobody else holds it.</summary>
    protected virtual void OnEnded(bool canReuse)
    {
    }

    /// <summary>Makes the implementation; what it needs is disposed when the call is over.</summary>
    protected TService Activate<TService>(ServiceActivator<TService> activator)
        where TService : class
    {
        _scope = activator.CreateScope(this, out IServiceProvider? services);
        return activator.Resolve(this, services);
    }

    /// <summary>Runs the implementation with filters around it; what they need is disposed when the call is over.</summary>
    protected ValueTask<TResult> InvokeWithFiltersAsync<TService, TArgs, TInput, TResult>(
        IncomingFilters<TService, TArgs, TInput, TResult> filters, TArgs args, TInput input)
        where TService : class => filters.RunAsync(this, _context!, args, input, out _scope);

    private async Task RunAsync()
    {
        TunnelPeer peer = Peer;
        bool answered = false;
        if (ShouldCreateContext)
        {
            TunnelCallContext.Current = _context = CreateContext(peer);
        }

        if (Interlocked.Exchange(ref _startState, Started) != CancelledBeforeStart)
        {
            try
            {
                if (_orderedTicket?.Refusal is { } refusal)
                {
                    // What never ran is refused with REPLY, whatever its shape.
                    await ReplyWithFailureAsync(FrameType.Reply, refusal, ReplyFlags.Refused).ConfigureAwait(false);
                }
                else
                {
                    answered = await InvokeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                await ReplyWithFailureAsync(FailureFrame, error).ConfigureAwait(false);
            }

            ReleasePermit();
        }

        if (!answered)
        {
            _references?.End(includeTransferred: true);
        }

        if (Reference is not null)
        {
            await _referenceReleasedRegistration.DisposeAsync().ConfigureAwait(false);
            Reference.OnCallEnded();
        }

        if (_deadlineTimer is not null)
        {
            await _deadlineTimer.DisposeAsync().ConfigureAwait(false);
        }

        if (_scope is not null)
        {
            await peer.DisposeScopeAsync(Method, _scope).ConfigureAwait(false);
            _scope = null;
        }

        LeaveChain();
        ReceiveWindow?.Release();
        _lease.Dispose();
        _context = null;
        OnEnded(answered && _metadata is null && _references is null && _deadlineTimer is null && TryReset());
        peer.OnCallEnded();
    }

    private void StartDeadlineTimer(TimeSpan timeout)
    {
        TimeProvider clock = Peer.Options.TimeProvider;
        _deadlineTimestamp = clock.GetTimestamp() + (long)(timeout.TotalSeconds * clock.TimestampFrequency);
        _timeout = timeout;
        _deadlineTimer = clock.CreateTimer(static state => ((IncomingCall)state!).OnDeadlineExceeded(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The call's work is done; before its answer goes out, so that the caller's next call finds room.</summary>
    protected void ReleasePermit() => _permit.Dispose();

    /// <summary>Elements that still wait here will not be followed by others.</summary>
    protected virtual void OnInputEnded(TunnelException reason)
    {
    }

    /// <summary>Makes the call ready for its next use, which may be another session's; false when it was cancelled and must not be used again.</summary>
    private bool TryReset()
    {
        if (!_cancellation.TryReset())
        {
            return false;
        }

        Peer = null!;
        return true;
    }

    /// <summary>The turn of a call that is not of the usual priority.</summary>
    private ScheduledSender? CreateScheduledSender() => _metadata is { Priority: not TunnelPriority.Normal } metadata ? ScheduledSender.ForPriority(metadata.Priority) : null;

    private TunnelCallContext CreateContext(TunnelPeer peer) =>
        new(Method, peer.Parameters.Id, peer.Parameters.Connection.Transport, peer.Parameters.Connection.User, peer.Invoker, peer.Options.TimeProvider)
        {
            Headers = _metadata?.Headers ?? TunnelHeaders.Empty,
            Priority = _metadata?.Priority ?? TunnelPriority.Normal,
            CancellationToken = CancellationToken,
            DeadlineTimestamp = _deadlineTimestamp,
            Chain = _chain,
            ClientCertificate = peer.Parameters.Connection.ClientCertificate,
        };

    private void JoinChain()
    {
        _chain = new CallChain(_metadata?.ChainId ?? 0);
        if (_metadata is { ChainId: not 0, HeldServices.Count: > 0 })
        {
            WaitForGraph.Shared.AddHolder(_metadata.ChainId, Peer, _metadata.HeldServices);
        }

        if (Method.IsOrdered)
        {
            _orderedTicket = new OrderedTicket(Reference is null ? Peer.OrderedQueues.GetOrAdd(Method.Service) : Reference.OrderedQueue!, _chain, this);
        }
    }

    private void LeaveChain()
    {
        if (_chain is null)
        {
            return;
        }

        if (_metadata is { ChainId: not 0, HeldServices.Count: > 0 })
        {
            WaitForGraph.Shared.RemoveHolder(_metadata.ChainId, Peer, _metadata.HeldServices);
        }

        _orderedTicket?.Complete();
        _orderedTicket = null;
        _chain = null;
    }

    private void OnDeadlineExceeded() => FailEarly(new TunnelException(
        TunnelStatus.DeadlineExceeded, $"{Method} did not end within the deadline of its call, {_timeout}."));

    /// <summary>The peer may not call the object any more.</summary>
    private void OnReferenceReleased() => FailEarly(new TunnelException(
        TunnelStatus.Cancelled, $"{Method} was cancelled: what it was called on was released, or the call that it came with is over."));

    /// <summary>The caller is told, and the work is cancelled. Work that goes on all the same still counts.</summary>
    private void FailEarly(TunnelException reason)
    {
        if (Interlocked.CompareExchange(ref _replyState, FailedEarly, 0) == Replying)
        {
            // The work is done, and its answer half sent.
            return;
        }

        if (!IsOneWay)
        {
            // Before the caller is told, who may call again then.
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
            // An exception's own members and loggers are the application's: the caller is answered all the same.
            return (TunnelStatus.Internal, $"{Method} failed, and describing its failure failed too.", null);
        }
    }

    /// <summary>The caller does not wait any more, and may begin its next call. Until this one is removed it is forgiven, even where somebody is about to remove it.</summary>
    private void Abandon() => _permit.Abandon();

    private void QueueCancellation(TunnelException reason)
    {
        if (!IsOneWay)
        {
            Abandon();
        }

        // A call that waits for its turn does not have to.
        _orderedTicket?.TryWithdraw(reason);

        // Callbacks of the token are the application's: they must not run on the reader.
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

                // Behind the token, so that whoever takes elements finds it cancelled.
                call.OnInputEnded(reason);
            },
            (this, reason),
            preferLocal: false);
    }
}
