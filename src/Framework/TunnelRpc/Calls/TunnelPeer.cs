using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Tracking;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls;

/// <summary>
/// The other side of one session. It sends calls to the peer (<see cref="Invoker"/>) and serves the calls of the peer from the dispatch
/// table; client and server use the same class. Disposal closes the session with status Ok and waits for <see cref="Completion"/>.
/// Thread-safe.
/// </summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
internal sealed partial class TunnelPeer : IStreamAcceptor, ICallOwner, IAsyncDisposable
{
    private readonly TunnelSession _session;
    private readonly DispatchTable _dispatchTable;

    // Created on demand: most sessions pass no references. Each is set once, atomically.
    private ExportedReferenceTable? _exportedReferences;
    private ImportedReferences? _importedReferences;

    // Accessed by Volatile.
    private TunnelException? _callRefusal;
    private readonly ILogger _logger;

    // Set when _activity contains nothing but detached calls.
    private LazySignal _idle;

    // Set when no call runs while the session drains, or after its end.
    private LazySignal _callsEnded;

    // Set when the peer or this side drains, and when a drain is complete.
    private LazySignal _draining;
    private LazySignal _drained;
    private readonly TaskCompletionSource _sessionEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="session">The session; the peer starts and closes it.</param>
    /// <param name="options">The options of this side.</param>
    /// <param name="dispatchTable">The methods that this side serves.</param>
    /// <param name="logger">The log of this side.</param>
    /// <param name="filters">The filters of this side; null for none.</param>
    /// <param name="unregistered">
    /// Completes when the session has ended and its owner has removed the peer from its list; null when there is no such list.
    /// </param>
    public TunnelPeer(
        TunnelSession session,
        TunnelOptions options,
        DispatchTable dispatchTable,
        ILogger logger,
        FilterSet? filters = null,
        Task? unregistered = null)
    {
        _session = session;
        Options = options;
        _dispatchTable = dispatchTable;
        _logger = logger;
        Multiplexer = new Multiplexer(session, options, this);
        TransportConnectionInfo path = session.Parameters.Connection;
        SessionInfo = new TunnelSessionInfo(
            session.Parameters.Id,
            path.Transport,
            path.RemoteEndPoint,
            path.User,
            options.TimeProvider.GetUtcNow(),
            unregistered ?? _sessionEnded.Task)
        {
            IsEndToEndEncrypted = path.IsEndToEndEncrypted,
            ClientCertificate = path.ClientCertificate,
        };
        UnfilteredInvoker = new RemoteInvoker(this, null, null);
        Invoker = FilteringInvoker.Wrap(UnfilteredInvoker, filters, options.TimeProvider);
        LiveObjects.Add(this);
    }

    /// <summary>The multiplexer of the session.</summary>
    public Multiplexer Multiplexer { get; }

    /// <summary>Sends calls to the peer, with the filters of this side.</summary>
    public TunnelInvoker Invoker { get; }

    /// <summary>Sends calls to the peer without filters; for an invoker that runs the filters itself.</summary>
    public RemoteInvoker UnfilteredInvoker { get; }

    /// <summary>The objects of this side that the peer has references to.</summary>
    public ExportedReferenceTable ExportedReferences => Volatile.Read(ref _exportedReferences) ?? SetOnce(
        ref _exportedReferences, new ExportedReferenceTable(this, Options.Limits.MaxReferences, _session.Memory.Partitions));

    /// <summary>The objects of the peer that this side has references to.</summary>
    public ImportedReferences ImportedReferences => Volatile.Read(ref _importedReferences)
        ?? SetOnce(ref _importedReferences, new ImportedReferences(this, Options.Limits.MaxReferences));

    /// <summary>The queues in which calls of the peer wait under ordered dispatch.</summary>
    public OrderedQueues OrderedQueues { get; } = new();

    /// <summary>The options of this side.</summary>
    public TunnelOptions Options { get; }

    /// <summary>Where the calls run whose service has no scheduler of its own; null for the thread pool.</summary>
    public CallScheduler? Scheduler { get; init; }

    /// <summary>The log of this side, for entries that the peer causes.</summary>
    public ILogger Logger => _logger;

    /// <summary>The result of the session's handshake.</summary>
    public SessionParameters Parameters => _session.Parameters;

    /// <summary>The session; for the code that migrates it to another path.</summary>
    public TunnelSession Session => _session;

    /// <summary>
    /// Whether the peer takes no new calls: it drains, or its session ends or has ended. A hint: it may change at any time.
    /// </summary>
    public bool IsDrainingOrEnding => _session.IsEnding || Multiplexer.IsDraining;

    /// <summary>
    /// Whether the session drains: running calls finish, and no new calls start except those that belong to running ones.
    /// </summary>
    public bool IsDraining => Multiplexer.IsDraining;

    /// <summary>Whether calls of either side run. A hint: it may change at any time.</summary>
    public bool IsBusy => RunningCallCount > 0 || Multiplexer.OutgoingCallCount > 0;

    /// <summary>Whether the drain of <see cref="DrainAsync"/> is complete, or the session has ended.</summary>
    public bool IsDrainComplete => _drained.Task.IsCompleted || SessionCompletion.IsCompleted;

    /// <summary>Completes, without an exception, when the session drains or has ended.</summary>
    public Task DrainingOrEnded => Task.WhenAny(_draining.Task, SessionCompletion);

    /// <summary>
    /// Completes, without an exception, when the session has ended and every call that ran here has ended, except for calls that wait for
    /// this themselves (<see cref="DetachCurrentCall"/>).
    /// </summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Completes, without an exception, when the session has ended.</summary>
    public Task SessionCompletion => _session.Completion;

    /// <summary>
    /// Why new calls of the peer are refused; null while they are not. Set by any thread. Calls that belong to a running call are refused,
    /// too.
    /// </summary>
    public TunnelException? CallRefusal
    {
        get => Volatile.Read(ref _callRefusal);
        set => Volatile.Write(ref _callRefusal, value);
    }

    /// <summary>The methods that this side serves.</summary>
    public DispatchTable Services => _dispatchTable;

    /// <inheritdoc cref="DispatchTable.RestrictedReferences"/>
    public ReferenceHandlers? RestrictedReferences => _dispatchTable.RestrictedReferences;

    /// <summary>The session as applications see it.</summary>
    public TunnelSessionInfo SessionInfo { get; }

    TimeProvider ICallOwner.TimeProvider => Options.TimeProvider;

    private string DebuggerDisplay
    {
        get
        {
            string state = SessionCompletion.IsCompleted ? "ended" : _session.IsEnding ? "ending" : IsDraining ? "draining" : "open";
            int incoming = Multiplexer.IncomingCalls.Count;
            return $"session {Parameters.Id}, {state}, incoming calls {incoming}, outgoing calls {Multiplexer.OutgoingCallCount}";
        }
    }

    /// <summary>
    /// Starts the session: calls of the peer are served, and calls that were made before are sent. Called once, after the handshake.
    /// </summary>
    public void Start()
    {
        Completion = RunAsync();
        _session.Start();
    }

    /// <summary>Releases a peer that was never started, and fails the calls that were made on it.</summary>
    public void AbortBeforeStart(TunnelException error)
    {
        _session.ReleaseUnstarted();
        ((ISessionHandler)Multiplexer).OnEnded(new SessionEnd(error, 0, null));
        _session.Memory.Close();
    }

    /// <summary>
    /// Drains the session: neither side starts new calls, except those that belong to running calls. Completes, without an exception, when
    /// no call runs on either side and the peer drains too, or when the session has ended. It does not close the session. While the session
    /// has no path, it waits for the running calls only, because the peer may resume the session for their replies; it does not wait for
    /// the peer to drain.
    /// </summary>
    /// <param name="reason">The reason; sent to the peer, and in the failures of calls that are no longer made.</param>
    public async Task DrainAsync(string reason)
    {
        Multiplexer.Drain(reason);
        CompleteDrainIfIdle();
        Task ended = Task.WhenAny(_drained.Task, SessionCompletion);
        if (await Task.WhenAny(ended, _session.Paths.Disconnected).ConfigureAwait(false) != ended)
        {
            CompleteDrainIfIdle();
            await ended.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync(TunnelStatus.Ok, "The tunnel was disposed.").ConfigureAwait(false);

    void IStreamAcceptor.OnCall(
        ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref PartialMessage? owner, ref IncomingCallLimiter.Permit permit)
    {
        MemoryLease lease = default;
        if (!TryStartCall(stream, flags, body, ref owner, ref permit, ref lease, out TunnelStatus status, out string? refusal))
        {
            lease.Dispose();
            RefuseCall(stream, flags, status, refusal, PassesReferences(flags, body), ref permit);
        }
    }

    void IStreamAcceptor.OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit) =>
        RefuseCall(stream, flags, error.Status, error.Message, MayPassReferences(flags), ref permit);

    void IStreamAcceptor.OnExcessOneWayCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, string reason)
    {
        IncomingCallLimiter.Permit none = default;
        bool passesReferences = (flags & FrameFlags.Compressed) != 0 ? MayPassReferences(flags) : PassesReferences(flags, body);
        RefuseCall(stream, flags, TunnelStatus.ResourceExhausted, reason, passesReferences, ref none);
    }

    void IStreamAcceptor.OnDraining()
    {
        _draining.Set();
        CompleteDrainIfIdle();
    }

    void IStreamAcceptor.OnLongWaits(int count)
    {
        CallMetrics.OnLongWaits(count);
        Sessions.PeerLimits limits = Parameters.PeerLimits;
        CallLog.LongWaits(_logger, count, limits.MaxConcurrentCalls, limits.MaxPendingCallBytes, Parameters.Id);
        if (Options.CollectsAbandonedStreams
            && Multiplexer.GetOpenStreams().Any(open => open is { IsPeerInitiated: false, Stream.ReceiveWindow: not null }))
        {
            RunInBackground(CollectAbandonedCallsAsync);
        }
    }

    /// <summary>
    /// Records that the chain of a call of this side waits for an ordered queue of the peer. The caller disposes the result with the call;
    /// null for a call that is not ordered or belongs to no chain.
    /// </summary>
    /// <exception cref="TunnelException">
    /// Aborted: the call that holds the queue waits, directly or not, for this call, so neither would ever end.
    /// </exception>
    public WaitForEdge? BeginOrderedWait(TunnelMethod method, CallSettings? settings)
    {
        if (!method.IsOrdered || settings is not { ChainId: not 0 })
        {
            return null;
        }

        string name = CallTarget.NameOf(method.Service, settings.ReferenceId);
        return WaitForGraph.Shared.AddWaitUnlessCycle(settings.ChainId, new CallTarget(this, name), out IReadOnlyList<string> cycle)
            ?? throw OrderedQueue.DeadlockError(name, cycle);
    }

    /// <summary>Disposes the scope of a call. The reply was sent before, so a failure is only logged.</summary>
    public async ValueTask DisposeScopeAsync(TunnelMethod method, IAsyncDisposable scope)
    {
        try
        {
            await scope.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            CallLog.ScopeDisposalFailed(_logger, error, method.FullName, Parameters.Id);
        }
    }

    /// <summary>Logs that a call was not run, because its scheduler refused it.</summary>
    public void OnSchedulingFailed(TunnelMethod method, Exception error) =>
        CallLog.SchedulingFailed(_logger, error, method.FullName, Parameters.Id);

    /// <summary>Logs an exception of a callback that the application registered on the token of a call.</summary>
    public void OnCancellationCallbackFailed(TunnelMethod method, Exception error) =>
        CallLog.CancellationCallbackFailed(_logger, error, method.FullName, Parameters.Id);

    /// <summary>Starts a call of the peer. False, with status and reason, when the call is refused; it did not start then.</summary>
    private bool TryStartCall(
        ulong streamId,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        ref PartialMessage? owner,
        ref IncomingCallLimiter.Permit permit,
        ref MemoryLease lease,
        out TunnelStatus status,
        [NotNullWhen(false)] out string? refusalReason)
    {
        if (CallRefusal is { } refusal)
        {
            status = refusal.Status;
            refusalReason = refusal.Message;
            return false;
        }

        status = TunnelStatus.InvalidArgument;
        if (body.Length < CallBody.MethodIdSize)
        {
            refusalReason = $"Expected a call with a method id of {CallBody.MethodIdSize} bytes, got {body.Length} bytes.";
            return false;
        }

        int size = body.Length;
        uint id = BinaryPrimitives.ReadUInt32BigEndian(body);
        body = body[CallBody.MethodIdSize..];
        MethodHandler? handler = null;
        CallReferences? references = null;
        try
        {
            CallMetadata? metadata = null;
            if ((flags & FrameFlags.Metadata) != 0)
            {
                var reader = new Serialization.MessagePackReader(body);
                metadata = CallMetadata.Read(ref reader);
                body = body[reader.Position..];
            }

            bool belongsToRunningCall = metadata is { ChainId: not 0 } or { ReferenceId: not 0 };
            if (Multiplexer.IsAfterDrain(streamId) && (flags & FrameFlags.OneWay) == 0 && !belongsToRunningCall)
            {
                status = TunnelStatus.Unavailable;
                refusalReason =
                    "Expected after DRAIN only calls that belong to a running call, got a call without a chain and without a reference.";
                return false;
            }

            if (metadata is not { ChainId: not 0 })
            {
                status = TunnelStatus.ResourceExhausted;
                if (Multiplexer.IncomingCalls.IsOverLimit)
                {
                    refusalReason = Demultiplexer.TooManyCallsMessage(Options.Limits.MaxConcurrentCalls);
                    return false;
                }

                if (size >= MemoryAccount.MinAccountedBytes && Multiplexer.IncomingCalls.AreArgumentsBeyondLimit(size))
                {
                    refusalReason = _session.Memory.CreateLimitException("The call was refused").Message;
                    return false;
                }

                status = TunnelStatus.InvalidArgument;
            }

            lease = _session.Memory.LeaseArguments(size);

            ExportedReference? reference = null;
            if (metadata is { ReferenceId: not 0 })
            {
                reference = ExportedReferences.Find(metadata.ReferenceId);
                if (reference is null)
                {
                    status = TunnelStatus.NotFound;
                    refusalReason =
                        $"The reference {metadata.ReferenceId} does not exist any more: it was released, or the call that passed it ended. "
                        + "To use a reference after that call, call Retain() on it while the call runs.";
                    return false;
                }
            }

            handler = reference is null ? _dispatchTable.FindHandler(id) : reference.FindHandler(id);
            if (handler is null)
            {
                status = TunnelStatus.Unimplemented;
                refusalReason = DescribeUnknownMethod(id);
                return false;
            }

            if (handler.ReceivesItems == ((flags & FrameFlags.End) != 0))
            {
                refusalReason = handler.ReceivesItems
                    ? $"Expected a stream of items for {handler.Method}, got a call without one. {VersionAdvice}"
                    : $"Expected no stream of items for {handler.Method}, got a call with one. {VersionAdvice}";
                return false;
            }

            // Calls on an object run where the call that returned it runs.
            CallScheduler? scheduler = (reference is null ? handler.Scheduler : reference.Owner.Scheduler) ?? Scheduler;
            references = handler.Method.HasReferences
                ? new CallReferences(this, transfersOwnership: true, streamId) { Scheduler = scheduler }
                : null;
            handler.Start(
                new IncomingCallInfo(this, streamId, flags, metadata, reference, references, scheduler, ref owner, ref permit, ref lease),
                body);
            refusalReason = null;
            return true;
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the argument types may throw any exception.
            references?.DropImported();
            refusalReason = handler is null
                ? DescribeUndecodable("The metadata of a call", error.Message)
                : DescribeUndecodable(handler.Method, error);
            return false;
        }
    }

    private static T SetOnce<T>(ref T? field, T value)
        where T : class => Interlocked.CompareExchange(ref field, value, null) ?? value;

    private async Task RunAsync()
    {
        await _session.Completion.ConfigureAwait(false);
        Multiplexer.ReleaseBuffers();
        _sessionEnded.TrySetResult();

        // Also where nothing has used them: what comes after the end of the session is refused.
        ImportedReferences.Close();
        int unreleasedCount = ExportedReferences.Close();
        if (unreleasedCount > 0)
        {
            CallLog.ReferencesNotReleased(_logger, unreleasedCount, Parameters.Id);
        }

        await WaitForBroadcastsAsync().ConfigureAwait(false);
        OnCallEnded(isDetached: false);
        await _idle.Task.ConfigureAwait(false);
    }
}
