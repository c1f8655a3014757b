using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A call of the peer that runs here. The reader cancels it; one work item of the thread pool runs it.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal abstract partial class InboundCall : TunnelStream, IThreadPoolWorkItem
{
    // The reader cancels, the work item reuses it: only a call that nobody cancelled is reused.
    private readonly CancellationTokenSource _cancellation = new();

    // The work item's.
    private IAsyncDisposable? _scope;

    private const int Removed = 1;
    private const int Abandoned = 2;
    private const int Answering = 1;
    private const int EndedEarly = 2;
    private const int Begun = 1;
    private const int GivenUp = 2;

    // Changed atomically: whether the work has begun, or will not because the caller has given the call up before.
    private int _begun;

    // Changed atomically: whether the call has ceased to count as running, or its caller to wait for it before.
    private int _room;

    // The work item's, or the reader's where the work never begins: whether the call was released.
    private bool _isReleased;

    // Changed atomically: an answer in pieces is not cut off by another one.
    private int _answer;

    // Set before the work is queued; null when nothing came beside the arguments.
    private CallMetadata? _metadata;

    // Set before the work is queued, or by the work item: a call that had a deadline is not used again.
    private ITimer? _deadline;
    private TimeSpan _deadlineTime;
    private long _deadlineTimestamp;

    // The work item's.
    private TunnelCallContext? _context;
    private CallReferences? _references;
    private CancellationTokenRegistration _released;

    // Set before the work is queued: what is counted for the arguments.
    private int _held;

    // Set before the work is queued: under ordered dispatch, or in a chain with such a call; null else.
    private OrderedPlace? _place;
    private CallChain? _chain;

    public TunnelPeer Peer { get; private set; } = null!;

    /// <summary>The object that is called, if the peer calls one that was passed to it.</summary>
    public ExportedReference? Reference { get; private set; }

    protected CancellationToken Cancelled => _cancellation.Token;

    /// <summary>The method, for messages.</summary>
    protected abstract TunnelMethod Method { get; }

    protected bool IsOneWay { get; private set; }

    /// <summary>Puts the call into the table and queues its work.</summary>
    public void Begin(in CallHead head)
    {
        Peer = head.Peer;
        _metadata = head.Metadata;
        Reference = head.Reference;
        _references = head.References;
        _held = head.Held;
        _room = 0;
        _isReleased = false;
        _answer = 0;
        _begun = 0;
        IsOneWay = (head.Flags & FrameFlags.OneWay) != 0;
        Peer.OnCallStarted();

        if (_metadata is { Chain: not 0 })
        {
            Peer.Multiplexer.Running.Nest();
        }

        if (Method.IsOrdered || _metadata is { Chain: not 0 })
        {
            JoinChain();
        }

        // One-way calls too: the end of the session cancels them.
        Peer.Multiplexer.Accept(this, head.Stream);
        if (Reference is not null)
        {
            Reference.Enter();
            _released = Reference.Released.UnsafeRegister(static state => ((InboundCall)state!).OnReleased(), this);
        }

        if (_metadata?.Deadline is TimeSpan time)
        {
            StartDeadline(time);
        }

        if (_place is null)
        {
            Peer.Multiplexer.Work.Gather(this);
        }
        else
        {
            _place.Enter(WaitGraph.Shared);
        }
    }

    /// <summary>Gives the call at most this long from now on, for a filter: on the work item, before the answer goes out.</summary>
    public void LimitTime(TimeSpan time)
    {
        if (_context!.RemainingTime is TimeSpan left && left <= time)
        {
            return;
        }

        _deadline?.Dispose();
        StartDeadline(time);
        _context.DeadlineTimestamp = _deadlineTimestamp;
    }

    public override void OnCancel(TunnelStatus status)
    {
        // Given up before its work began it never runs, and takes nobody's room; also where it waits for its turn.
        if (Interlocked.CompareExchange(ref _begun, GivenUp, 0) == 0)
        {
            Release();
        }

        CancelSoon(new TunnelException(TunnelStatus.Cancelled, "The caller has cancelled the call."));
    }

    public override void OnUnreadable(TunnelException error) => EndEarly(error);

    public override void OnLost(TunnelException error) => CancelSoon(error);

    // Every way of running ends in the peer's count, which the peer waits for; no exception leaves it.
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Calls the implementation and answers. An exception becomes the caller's failure.</summary>
    /// <returns>Whether the answer went out, so that nobody else holds the call.</returns>
    protected abstract ValueTask<bool> InvokeAsync();

    /// <summary>The frame that carries a failure.</summary>
    protected virtual FrameType FailureFrame => FrameType.Reply;

    /// <summary>Whether the implementation, or what runs around it, may look at the call's context.</summary>
    protected virtual bool HasContext => true;

    /// <summary>The call is over; <paramref name="reusable"/> when nobody else holds it.</summary>
    protected virtual void OnEnded(bool reusable)
    {
    }

    /// <summary>Makes the implementation; what it needs is disposed when the call is over.</summary>
    protected TService Activate<TService>(ServiceActivator<TService> activator)
        where TService : class
    {
        _scope = activator.OpenScope(this, out IServiceProvider? services);
        return activator.Resolve(this, services);
    }

    /// <summary>Runs the implementation with filters around it; what they need is disposed when the call is over.</summary>
    protected ValueTask<TResult> FilterAsync<TService, TArgs, TInput, TResult>(
        IncomingFilters<TService, TArgs, TInput, TResult> filters, TArgs args, TInput input)
        where TService : class => filters.RunAsync(this, _context!, args, input, out _scope);

    private async Task RunAsync()
    {
        TunnelPeer peer = Peer;
        bool answered = false;
        if (HasContext)
        {
            TunnelCallContext.Current = _context = MakeContext(peer);
        }

        if (Interlocked.Exchange(ref _begun, Begun) != GivenUp)
        {
            try
            {
                if (_place?.Refusal is { } refusal)
                {
                    // What never ran is refused with REPLY, whatever its shape.
                    await FailAsync(FrameType.Reply, refusal, ReplyFlags.Refused).ConfigureAwait(false);
                }
                else
                {
                    answered = await InvokeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                await FailAsync(FailureFrame, error).ConfigureAwait(false);
            }

            Release();
        }

        if (!answered)
        {
            _references?.End(all: true);
        }

        if (Reference is not null)
        {
            await _released.DisposeAsync().ConfigureAwait(false);
            Reference.Exit();
        }

        if (_deadline is not null)
        {
            await _deadline.DisposeAsync().ConfigureAwait(false);
        }

        if (_scope is not null)
        {
            await peer.DisposeScopeAsync(Method, _scope).ConfigureAwait(false);
            _scope = null;
        }

        LeaveChain();
        ReceiveWindow?.Release();
        peer.Release(_held);
        _context = null;
        OnEnded(answered && _metadata is null && _references is null && _deadline is null && TryReset());
        peer.OnCallEnded();
    }

    private void StartDeadline(TimeSpan time)
    {
        TimeProvider clock = Peer.Options.TimeProvider;
        _deadlineTimestamp = clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency);
        _deadlineTime = time;
        _deadline = clock.CreateTimer(static state => ((InboundCall)state!).OnDeadline(), this, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The call's work is done; before its answer goes out, so that the caller's next call finds room.</summary>
    protected void Release()
    {
        if (_isReleased)
        {
            return;
        }

        _isReleased = true;
        Peer.Multiplexer.ReleaseCall(IsOneWay, nested: _metadata is { Chain: not 0 });
        if (Interlocked.Exchange(ref _room, Removed) == Abandoned)
        {
            Peer.Multiplexer.Running.Forget();
        }
    }

    /// <summary>Elements that still wait here will not be followed by others.</summary>
    protected virtual void OnStopped(TunnelException reason)
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
    private SendTurn? NewTurn() => _metadata is { Priority: not TunnelPriority.Normal } metadata ? SendTurn.For(metadata.Priority) : null;

    private TunnelCallContext MakeContext(TunnelPeer peer) =>
        new(Method, peer.Info.Id, peer.Info.Connection.Transport, peer.Info.Connection.User, peer.Invoker, peer.Options.TimeProvider)
        {
            Headers = _metadata?.Headers ?? TunnelHeaders.Empty,
            Priority = _metadata?.Priority ?? TunnelPriority.Normal,
            CancellationToken = Cancelled,
            DeadlineTimestamp = _deadlineTimestamp,
            Chain = _chain,
            ClientCertificate = peer.Info.Connection.ClientCertificate,
        };

    private void JoinChain()
    {
        _chain = new CallChain(_metadata?.Chain ?? 0);
        if (_metadata is { Chain: not 0, Held.Count: > 0 })
        {
            WaitGraph.Shared.Hold(_metadata.Chain, Peer, _metadata.Held);
        }

        if (Method.IsOrdered)
        {
            _place = new OrderedPlace(Reference is null ? Peer.Queues.Get(Method.Service) : Reference.Order!, _chain, this);
        }
    }

    private void LeaveChain()
    {
        if (_chain is null)
        {
            return;
        }

        if (_metadata is { Chain: not 0, Held.Count: > 0 })
        {
            WaitGraph.Shared.Release(_metadata.Chain, Peer, _metadata.Held);
        }

        _place?.Exit();
        _place = null;
        _chain = null;
    }

    private void OnDeadline() => EndEarly(new TunnelException(
        TunnelStatus.DeadlineExceeded, $"{Method} did not end within the deadline of its call, {_deadlineTime}."));

    /// <summary>The peer may not call the object any more.</summary>
    private void OnReleased() => EndEarly(new TunnelException(
        TunnelStatus.Cancelled, $"{Method} was cancelled: what it was called on was released, or the call that it came with is over."));

    /// <summary>The caller is told, and the work is cancelled. Work that goes on all the same still counts.</summary>
    private void EndEarly(TunnelException reason)
    {
        if (Interlocked.CompareExchange(ref _answer, EndedEarly, 0) == Answering)
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
            Peer.Multiplexer.Fail(Id, reason.Status, reason.Message, FailureFrame);
        }

        CancelSoon(reason);
    }

    private (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) Describe(Exception error)
    {
        try
        {
            return Peer.Describe(Method, error, _cancellation.IsCancellationRequested);
        }
        catch (Exception)
        {
            // An exception's own members and loggers are the application's: the caller is answered all the same.
            return (TunnelStatus.Internal, $"{Method} failed, and describing its failure failed too.", null);
        }
    }

    /// <summary>The caller does not wait any more, and may begin its next call. Until this one is removed it is forgiven, even where somebody is about to remove it.</summary>
    private void Abandon()
    {
        RunningCalls running = Peer.Multiplexer.Running;
        running.Abandon();
        if (Interlocked.CompareExchange(ref _room, Abandoned, 0) != 0)
        {
            running.Forget();
        }
    }

    private void CancelSoon(TunnelException reason)
    {
        if (!IsOneWay)
        {
            Abandon();
        }

        // A call that waits for its turn does not have to.
        _place?.TryLeave(reason);

        // Callbacks of the token are the application's: they must not run on the reader.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                (InboundCall call, TunnelException reason) = state;
                try
                {
                    call._cancellation.Cancel();
                }
                catch (AggregateException callbacks)
                {
                    call.Peer.OnCancellationCallbackFailed(call.Method, callbacks);
                }

                // Behind the token, so that whoever takes elements finds it cancelled.
                call.OnStopped(reason);
            },
            (this, reason),
            preferLocal: false);
    }
}
