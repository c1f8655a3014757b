using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using TunnelRpc.Accounting;
using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Scheduling;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;

namespace TunnelRpc.Calls;

/// <summary>The other side of one session, as both sides see it: what it is called through, and what it calls here. Thread-safe.</summary>
internal sealed class TunnelPeer : IStreamAcceptor, IAsyncDisposable
{
    private readonly TunnelSession _session;
    private readonly DispatchTable _dispatchTable;
    private readonly ILogger _logger;
    private LazySignal _idle;

    private LazySignal _draining;
    private LazySignal _drained;
    private readonly TaskCompletionSource _sessionEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically: calls that run here, and one for the session itself.
    private int _activeCount = 1;

    /// <param name="session">The session; started by the peer.</param>
    /// <param name="options">This side's.</param>
    /// <param name="dispatchTable">What this side serves.</param>
    /// <param name="logger">Where this side logs.</param>
    /// <param name="filters">This side's filters; null for none.</param>
    /// <param name="unregistered">Completed by whoever lists the peer, when it is over and listed no more; null when nobody does.</param>
    public TunnelPeer(
        TunnelSession session, TunnelOptions options, DispatchTable dispatchTable, ILogger logger, FilterSet? filters = null, Task? unregistered = null)
    {
        _session = session;
        Options = options;
        _dispatchTable = dispatchTable;
        _logger = logger;
        Multiplexer = new Multiplexer(session, options, this);
        TransportConnectionInfo path = session.Parameters.Connection;
        SessionInfo = new TunnelSessionInfo(
            session.Parameters.Id, path.Transport, path.RemoteEndPoint, path.User, options.TimeProvider.GetUtcNow(), unregistered ?? _sessionEnded.Task)
        {
            IsEndToEndEncrypted = path.IsEndToEndEncrypted,
            ClientCertificate = path.ClientCertificate,
        };
        ExportedReferences = new ExportedReferenceTable(this, options.Limits.MaxReferences);
        UnfilteredInvoker = new RemoteInvoker(this, null, 0);
        Invoker = FilteringInvoker.Wrap(UnfilteredInvoker, filters, options.TimeProvider);
    }

    public Multiplexer Multiplexer { get; }

    /// <summary>Calls the other side, with this side's filters.</summary>
    public TunnelInvoker Invoker { get; }

    /// <summary>Calls the other side without filters: for an invoker that has them around it.</summary>
    public RemoteInvoker UnfilteredInvoker { get; }

    /// <summary>What the peer holds references to.</summary>
    public ExportedReferenceTable ExportedReferences { get; }

    /// <summary>Where the peer's calls wait for their turn, under ordered dispatch.</summary>
    public OrderedQueues OrderedQueues { get; } = new();

    public TunnelOptions Options { get; }

    public SessionParameters Parameters => _session.Parameters;

    /// <summary>What carries the peer's bytes; for whoever moves it to another path.</summary>
    public TunnelSession Session => _session;

    /// <summary>Whether it takes no more calls: its session is over, or about to be. A hint.</summary>
    public bool IsDrainingOrEnding => _session.IsEnding || Multiplexer.IsDraining;

    /// <summary>Whether it lets the calls that run end, and takes no others.</summary>
    public bool IsDraining => Multiplexer.IsDraining;

    /// <summary>Whether calls of either side run; a hint.</summary>
    public bool IsBusy => Volatile.Read(ref _activeCount) > 1 || Multiplexer.OutgoingCallCount > 0;

    /// <summary>Completes, without an exception, when the session is over, or takes no calls any more but those that belong to what runs.</summary>
    public Task DrainingOrEnded => Task.WhenAny(_draining.Task, SessionCompletion);

    /// <summary>Completes, without an exception, when the session is over and every call that ran here has ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Completes, without an exception, when the session is over.</summary>
    public Task SessionCompletion => _session.Completion;

    /// <summary>What applications are told of the session.</summary>
    public TunnelSessionInfo SessionInfo { get; }

    /// <summary>Begins to serve and to send what was called before. Once, when the handshake is complete.</summary>
    public void Start()
    {
        Completion = RunAsync();
        _session.Start();
    }

    /// <summary>Fails what was called on a peer that never started.</summary>
    public void AbortBeforeStart(TunnelException error)
    {
        _session.ReleaseUnstarted();
        ((ISessionHandler)Multiplexer).OnEnded(new SessionEnd(error, 0, null));
        _session.Memory.Close();
    }

    /// <summary>
    /// Neither side begins calls any more, but for those that belong to what runs. Completes, without an exception, when none runs on either
    /// side, or the session is over; the session is not closed by this. A peer without a path is waited for only while calls run here, for
    /// whose answers it may come back.
    /// </summary>
    /// <param name="reason">What the other side, and calls that are not made any more, are told.</param>
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

    /// <summary>Ends the session in order; calls that run are cancelled.</summary>
    public async Task CloseAsync(TunnelStatus status, string reason)
    {
        await _session.CloseAsync(status, reason).ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await CloseAsync(TunnelStatus.Ok, "The tunnel was disposed.").ConfigureAwait(false);

    void IStreamAcceptor.OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, ref IncomingCallLimiter.Permit permit)
    {
        MemoryAccount memory = _session.Memory;
        if (!memory.HasCallCapacity(body.Length))
        {
            TunnelException full = memory.CreateLimitException("The call was refused");
            RefuseCall(stream, flags, full.Status, full.Message, ref permit);
            return;
        }

        MemoryLease lease = memory.LeaseReceivedCall(body.Length);
        if (!TryStartCall(stream, flags, body, ref permit, ref lease, out TunnelStatus status, out string? refusal))
        {
            lease.Dispose();
            RefuseCall(stream, flags, status, refusal, ref permit);
        }
    }

    void IStreamAcceptor.OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error, ref IncomingCallLimiter.Permit permit) =>
        RefuseCall(stream, flags, error.Status, error.Message, ref permit);

    private void RefuseCall(ulong streamId, FrameFlags flags, TunnelStatus status, string reason, ref IncomingCallLimiter.Permit permit)
    {
        // Before the refusal is sent, so that the caller's next call finds a free permit.
        permit.Dispose();
        if ((flags & FrameFlags.OneWay) == 0)
        {
            Multiplexer.Refuse(streamId, status, reason);
        }
        else
        {
            CallLog.OneWayRefused(_logger, Parameters.Id, reason);
        }
    }

    void IStreamAcceptor.OnLateCancel(ulong stream) => ExportedReferences.ReleaseForReply(stream);

    void IStreamAcceptor.OnDraining()
    {
        _draining.Set();
        CompleteDrainIfIdle();
    }

    void IStreamAcceptor.OnReference(long number, ReferenceChange change)
    {
        if (change == ReferenceChange.Retain)
        {
            ExportedReferences.Keep(number);
        }
        else
        {
            ExportedReferences.Release(number);
        }
    }

    /// <summary>Runs something that ends by itself and that nobody waits for but this peer's completion; a failure is logged.</summary>
    public void RunInBackground(Func<Task> work)
    {
        OnCallStarted();
        _ = Task.Run(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                CallLog.ReleaseFailed(_logger, error, Parameters.Id);
            }

            OnCallEnded();
        });
    }

    /// <summary>A call begins to run here.</summary>
    public void OnCallStarted() => Interlocked.Increment(ref _activeCount);

    /// <summary>A call has ended here.</summary>
    public void OnCallEnded()
    {
        int left = Interlocked.Decrement(ref _activeCount);
        if (left == 0)
        {
            _idle.Set();
        }
        else if (left == 1)
        {
            CompleteDrainIfIdle();
        }
    }

    /// <summary>What runs here, runs for the peer or is under way to it would keep the session; a call counts here until its answer is out.</summary>
    private void CompleteDrainIfIdle()
    {
        if (Volatile.Read(ref _activeCount) <= 1 && (Multiplexer.IsDrained || (IsDraining && _session.Paths.DisconnectReason is not null && Multiplexer.OutgoingCallCount == 0)))
        {
            _drained.Set();
        }
    }

    /// <summary>A call of this side begins to wait for a turn of the peer's; null when it waits for none. Disposed with the call.</summary>
    /// <exception cref="TunnelException">What has the turn waits for this side's call: it would be waited for for ever.</exception>
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

    /// <summary>What the caller is told of a failure; what it is not told is logged.</summary>
    public (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) DescribeFailure(TunnelMethod method, Exception error, bool isCancelled)
    {
        switch (error)
        {
            case TunnelException fault:
                return (fault.Status, fault.Message, fault.Detail ?? EncodeFault(method, fault));
            case OperationCanceledException when isCancelled:
                return (TunnelStatus.Cancelled, $"{method} was cancelled.", null);
            case Serialization.MessagePackException unwritable:
                CallLog.CallFailed(_logger, error, method.FullName, Parameters.Id);
                return (TunnelStatus.Internal, $"The answer of {method} could not be encoded: {unwritable.Message}", null);
            default:
                CallLog.CallFailed(_logger, error, method.FullName, Parameters.Id);
                return (
                    TunnelStatus.Internal,
                    Options.IncludeExceptionDetails
                        ? $"{method} failed: {error.GetType().FullName}: {error.Message}"
                        : $"{method} failed with an unhandled exception, which the peer has logged. Its text travels only with IncludeExceptionDetails.",
                    null);
        }
    }

    /// <summary>A typed fault travels if the method declares it; else only its status and message do.</summary>
    private TunnelFaultDetail? EncodeFault(TunnelMethod method, TunnelException error)
    {
        foreach (TunnelFault fault in method.Faults)
        {
            if (fault.TryCreateDetail(error, out TunnelFaultDetail? detail))
            {
                return detail;
            }
        }

        if (error.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TunnelFaultException<>))
        {
            CallLog.FaultNotDeclared(_logger, method.FullName, type.GenericTypeArguments[0].Name, Parameters.Id);
        }

        return null;
    }

    /// <summary>Disposes what a call needed; its answer is out, so a failure is only logged.</summary>
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

    public void OnCancellationCallbackFailed(TunnelMethod method, Exception error) =>
        CallLog.CancellationCallbackFailed(_logger, error, method.FullName, Parameters.Id);

    /// <summary>Starts a call of the peer; false, with the reason, when it cannot be.</summary>
    private bool TryStartCall(
        ulong streamId,
        FrameFlags flags,
        ReadOnlySpan<byte> body,
        ref IncomingCallLimiter.Permit permit,
        ref MemoryLease lease,
        out TunnelStatus status,
        [NotNullWhen(false)] out string? refusalReason)
    {
        status = TunnelStatus.InvalidArgument;
        if (body.Length < CallBody.MethodIdSize)
        {
            refusalReason = $"Expected a call with a method number of {CallBody.MethodIdSize} bytes, got {body.Length} bytes.";
            return false;
        }

        uint id = BinaryPrimitives.ReadUInt32BigEndian(body);
        body = body[CallBody.MethodIdSize..];
        MethodHandler? handler = null;
        try
        {
            CallMetadata? metadata = null;
            if ((flags & FrameFlags.Metadata) != 0)
            {
                var reader = new Serialization.MessagePackReader(body);
                metadata = CallMetadata.Read(ref reader);
                body = body[reader.Position..];
            }

            if (Multiplexer.IsAfterDrain(streamId) && (flags & FrameFlags.OneWay) == 0 && metadata is not ({ ChainId: not 0 } or { ReferenceId: not 0 }))
            {
                status = TunnelStatus.Unavailable;
                refusalReason = "Expected no call behind DRAIN but those that belong to what runs, got one in no chain and on no reference.";
                return false;
            }

            if (metadata is not { ChainId: not 0 } && Multiplexer.IncomingCalls.IsOverLimit)
            {
                status = TunnelStatus.ResourceExhausted;
                refusalReason = Demultiplexer.TooManyCallsMessage(Options.Limits.MaxConcurrentCalls);
                return false;
            }

            ExportedReference? reference = null;
            if (metadata is { ReferenceId: not 0 })
            {
                reference = ExportedReferences.Find(metadata.ReferenceId);
                if (reference is null)
                {
                    status = TunnelStatus.NotFound;
                    refusalReason = $"What was called, the reference {metadata.ReferenceId}, is not held any more: the call that it came with is over, or it was released. Keep() it while that call runs to use it longer.";
                    return false;
                }
            }

            handler = reference is null ? _dispatchTable.FindHandler(id) : reference.FindHandler(id);
            if (handler is null)
            {
                IReadOnlyList<string> services = _dispatchTable.Services;
                status = TunnelStatus.Unimplemented;
                refusalReason = $"The peer serves no method with the number 0x{id:X8}. It serves {(services.Count == 0 ? "nothing" : string.Join(", ", services))}; is the service registered there, and is it the same version of the contract?";
                return false;
            }

            CallReferences? references = handler.Method.HasReferences ? new CallReferences(this, transfersOwnership: true, streamId) : null;
            handler.Start(new IncomingCallInfo(this, streamId, flags, metadata, reference, references, ref permit, ref lease), body);
            refusalReason = null;
            return true;
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the arguments' types throw what they like.
            refusalReason = $"{(handler is null ? "The metadata of a call" : $"The arguments of {handler.Method}")} could not be decoded: {error.Message} Do both sides have the same contract?";
            return false;
        }
    }

    private async Task RunAsync()
    {
        await _session.Completion.ConfigureAwait(false);
        Multiplexer.ReleaseBuffers();
        _sessionEnded.TrySetResult();
        int abandoned = ExportedReferences.Close();
        if (abandoned > 0)
        {
            CallLog.ReferencesNotReleased(_logger, abandoned, Parameters.Id);
        }

        OnCallEnded();
        await _idle.Task.ConfigureAwait(false);
        _session.Memory.Close();
    }
}
