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
    private readonly DispatchTable _table;
    private readonly ILogger _logger;
    private LazySignal _idle;

    private LazySignal _draining;
    private LazySignal _drained;
    private readonly TaskCompletionSource _sessionEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Changed atomically: calls that run here, and one for the session itself.
    private int _active = 1;

    /// <param name="session">The session; started by the peer.</param>
    /// <param name="options">This side's.</param>
    /// <param name="table">What this side serves.</param>
    /// <param name="logger">Where this side logs.</param>
    /// <param name="filters">This side's filters; null for none.</param>
    /// <param name="forgotten">Completed by whoever lists the peer, when it is over and listed no more; null when nobody does.</param>
    public TunnelPeer(
        TunnelSession session, TunnelOptions options, DispatchTable table, ILogger logger, FilterSet? filters = null, Task? forgotten = null)
    {
        _session = session;
        Options = options;
        _table = table;
        _logger = logger;
        Multiplexer = new Multiplexer(session, options, this);
        TransportConnectionInfo path = session.Info.Connection;
        Session = new TunnelSessionInfo(
            session.Info.Id, path.Transport, path.RemoteEndPoint, path.User, options.TimeProvider.GetUtcNow(), forgotten ?? _sessionEnded.Task)
        {
            IsEndToEndEncrypted = path.IsEndToEndEncrypted,
            ClientCertificate = path.ClientCertificate,
        };
        References = new ReferenceTable(this, options.Limits.MaxReferences);
        Direct = new RemoteInvoker(this, null, 0);
        Invoker = FilteringInvoker.Wrap(Direct, filters, options.TimeProvider);
    }

    public Multiplexer Multiplexer { get; }

    /// <summary>Calls the other side, with this side's filters.</summary>
    public TunnelInvoker Invoker { get; }

    /// <summary>Calls the other side without filters: for an invoker that has them around it.</summary>
    public RemoteInvoker Direct { get; }

    /// <summary>What the peer holds references to.</summary>
    public ReferenceTable References { get; }

    /// <summary>Where the peer's calls wait for their turn, under ordered dispatch.</summary>
    public OrderedQueues Queues { get; } = new();

    public TunnelOptions Options { get; }

    public SessionInfo Info => _session.Info;

    /// <summary>What carries the peer's bytes; for whoever moves it to another path.</summary>
    public TunnelSession Carrier => _session;

    /// <summary>Whether it takes no more calls: its session is over, or about to be. A hint.</summary>
    public bool IsGone => _session.IsEnding || Multiplexer.IsDraining;

    /// <summary>Whether it lets the calls that run end, and takes no others.</summary>
    public bool IsDraining => Multiplexer.IsDraining;

    /// <summary>Whether calls of either side run; a hint.</summary>
    public bool IsBusy => Volatile.Read(ref _active) > 1 || Multiplexer.OutgoingCalls > 0;

    /// <summary>Completes, without an exception, when the session is over, or takes no calls any more but those that belong to what runs.</summary>
    public Task Left => Task.WhenAny(_draining.Task, SessionCompletion);

    /// <summary>Completes, without an exception, when the session is over and every call that ran here has ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Completes, without an exception, when the session is over.</summary>
    public Task SessionCompletion => _session.Completion;

    /// <summary>What applications are told of the session.</summary>
    public TunnelSessionInfo Session { get; }

    /// <summary>Begins to serve and to send what was called before. Once, when the handshake is complete.</summary>
    public void Start()
    {
        Completion = RunAsync();
        _session.Start();
    }

    /// <summary>Fails what was called on a peer that never started.</summary>
    public void Abandon(TunnelException error)
    {
        _session.Abandon();
        ((ISessionSink)Multiplexer).OnEnded(new SessionEnd(error, 0, null));
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
        EndDrainIfIdle();
        Task ended = Task.WhenAny(_drained.Task, SessionCompletion);
        if (await Task.WhenAny(ended, _session.Paths.Lost).ConfigureAwait(false) != ended)
        {
            EndDrainIfIdle();
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

    void IStreamAcceptor.OnCall(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body)
    {
        MemoryAccount memory = _session.Memory;
        if (!memory.HasRoomForCall(body.Length))
        {
            TunnelException full = memory.NoRoom("The call was refused");
            Refuse(stream, flags, full.Status, full.Message);
            return;
        }

        int held = body.Length < MemoryAccount.LeastCounted ? 0 : body.Length;
        memory.ReceiveForCalls(held);
        if (!TryStart(stream, flags, body, held, out TunnelStatus status, out string? refusal))
        {
            memory.ReceiveForCalls(-held);
            Refuse(stream, flags, status, refusal);
        }
    }

    void IStreamAcceptor.OnUnreadableCall(ulong stream, FrameFlags flags, TunnelException error) => Refuse(stream, flags, error.Status, error.Message);

    private void Refuse(ulong stream, FrameFlags flags, TunnelStatus status, string refusal)
    {
        bool isOneWay = (flags & FrameFlags.OneWay) != 0;
        Multiplexer.ReleaseCall(isOneWay);
        if (!isOneWay)
        {
            Multiplexer.Refuse(stream, status, refusal);
        }
        else
        {
            CallLog.OneWayRefused(_logger, Info.Id, refusal);
        }
    }

    void IStreamAcceptor.OnLateCancel(ulong stream) => References.EndAnswer(stream);

    void IStreamAcceptor.OnDraining()
    {
        _draining.Give();
        EndDrainIfIdle();
    }

    void IStreamAcceptor.OnReference(long number, ReferenceChange change)
    {
        if (change == ReferenceChange.Keep)
        {
            References.Keep(number);
        }
        else
        {
            References.Release(number);
        }
    }

    /// <summary>Runs something that ends by itself and that nobody waits for but this peer's completion; a failure is logged.</summary>
    public void Run(Func<Task> work)
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
                CallLog.ReleaseFailed(_logger, error, Info.Id);
            }

            OnCallEnded();
        });
    }

    /// <summary>Gives back what was held for a call.</summary>
    public void Release(int held)
    {
        if (held > 0)
        {
            _session.Memory.AddForCalls(-held);
        }
    }

    /// <summary>A call begins to run here.</summary>
    public void OnCallStarted() => Interlocked.Increment(ref _active);

    /// <summary>A call has ended here.</summary>
    public void OnCallEnded()
    {
        int left = Interlocked.Decrement(ref _active);
        if (left == 0)
        {
            _idle.Give();
        }
        else if (left == 1)
        {
            EndDrainIfIdle();
        }
    }

    /// <summary>What runs here, runs for the peer or is under way to it would keep the session; a call counts here until its answer is out.</summary>
    private void EndDrainIfIdle()
    {
        if (Volatile.Read(ref _active) <= 1 && (Multiplexer.IsDrained || (IsDraining && _session.Paths.Loss is not null && Multiplexer.OutgoingCalls == 0)))
        {
            _drained.Give();
        }
    }

    /// <summary>A call of this side begins to wait for a turn of the peer's; null when it waits for none. Disposed with the call.</summary>
    /// <exception cref="TunnelException">What has the turn waits for this side's call: it would be waited for for ever.</exception>
    public ChainWait? WaitFor(TunnelMethod method, CallSettings? settings)
    {
        if (!method.IsOrdered || settings is not { Chain: not 0 })
        {
            return null;
        }

        string name = CallTarget.NameOf(method.Service, settings.Reference);
        return WaitGraph.Shared.TryWait(settings.Chain, new CallTarget(this, name), out IReadOnlyList<string> cycle)
            ?? throw OrderedQueue.Cycle(name, cycle);
    }

    /// <summary>What the caller is told of a failure; what it is not told is logged.</summary>
    public (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) Describe(TunnelMethod method, Exception error, bool cancelled)
    {
        switch (error)
        {
            case TunnelException fault:
                return (fault.Status, fault.Message, fault.Detail ?? WriteFault(method, fault));
            case OperationCanceledException when cancelled:
                return (TunnelStatus.Cancelled, $"{method} was cancelled.", null);
            case Serialization.MessagePackException unwritable:
                CallLog.CallFailed(_logger, error, method.FullName, Info.Id);
                return (TunnelStatus.Internal, $"The answer of {method} could not be encoded: {unwritable.Message}", null);
            default:
                CallLog.CallFailed(_logger, error, method.FullName, Info.Id);
                return (
                    TunnelStatus.Internal,
                    Options.IncludeExceptionDetails
                        ? $"{method} failed: {error.GetType().FullName}: {error.Message}"
                        : $"{method} failed with an unhandled exception, which the peer has logged. Its text travels only with IncludeExceptionDetails.",
                    null);
        }
    }

    /// <summary>A typed fault travels if the method declares it; else only its status and message do.</summary>
    private TunnelFaultDetail? WriteFault(TunnelMethod method, TunnelException error)
    {
        foreach (TunnelFault fault in method.Faults)
        {
            if (fault.TryWrite(error, out TunnelFaultDetail? detail))
            {
                return detail;
            }
        }

        if (error.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TunnelFaultException<>))
        {
            CallLog.FaultNotDeclared(_logger, method.FullName, type.GenericTypeArguments[0].Name, Info.Id);
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
            CallLog.ScopeDisposalFailed(_logger, error, method.FullName, Info.Id);
        }
    }

    public void OnCancellationCallbackFailed(TunnelMethod method, Exception error) =>
        CallLog.CancellationCallbackFailed(_logger, error, method.FullName, Info.Id);

    /// <summary>Starts a call of the peer; false, with the reason, when it cannot be.</summary>
    private bool TryStart(ulong stream, FrameFlags flags, ReadOnlySpan<byte> body, int held, out TunnelStatus status, [NotNullWhen(false)] out string? refusal)
    {
        status = TunnelStatus.InvalidArgument;
        if (body.Length < CallBody.MethodIdSize)
        {
            refusal = $"Expected a call with a method number of {CallBody.MethodIdSize} bytes, got {body.Length} bytes.";
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

            if (Multiplexer.IsBehindDrain(stream) && (flags & FrameFlags.OneWay) == 0 && metadata is not ({ Chain: not 0 } or { Reference: not 0 }))
            {
                status = TunnelStatus.Unavailable;
                refusal = "Expected no call behind DRAIN but those that belong to what runs, got one in no chain and on no reference.";
                return false;
            }

            if (metadata is not { Chain: not 0 } && Multiplexer.Running.IsOverLimit)
            {
                status = TunnelStatus.ResourceExhausted;
                refusal = Demultiplexer.TooManyCalls(Options.Limits.MaxConcurrentCalls);
                return false;
            }

            ExportedReference? reference = null;
            if (metadata is { Reference: not 0 })
            {
                reference = References.Find(metadata.Reference);
                if (reference is null)
                {
                    status = TunnelStatus.NotFound;
                    refusal = $"What was called, the reference {metadata.Reference}, is not held any more: the call that it came with is over, or it was released. Keep() it while that call runs to use it longer.";
                    return false;
                }
            }

            handler = reference is null ? _table.Find(id) : reference.Find(id);
            if (handler is null)
            {
                IReadOnlyList<string> services = _table.Services;
                status = TunnelStatus.Unimplemented;
                refusal = $"The peer serves no method with the number 0x{id:X8}. It serves {(services.Count == 0 ? "nothing" : string.Join(", ", services))}; is the service registered there, and is it the same version of the contract?";
                return false;
            }

            CallReferences? references = handler.Method.HasReferences ? new CallReferences(this, givesAway: true, stream) : null;
            handler.Start(new CallHead(this, stream, flags, metadata, reference, references) { Held = held }, body);
            refusal = null;
            return true;
        }
        catch (Exception error)
        {
            // Not only MessagePackException: constructors and setters of the arguments' types throw what they like.
            refusal = $"{(handler is null ? "The metadata of a call" : $"The arguments of {handler.Method}")} could not be decoded: {error.Message} Do both sides have the same contract?";
            return false;
        }
    }

    private async Task RunAsync()
    {
        await _session.Completion.ConfigureAwait(false);
        Multiplexer.Release();
        _sessionEnded.TrySetResult();
        int abandoned = References.Close();
        if (abandoned > 0)
        {
            CallLog.ReferencesAbandoned(_logger, abandoned, Info.Id);
        }

        OnCallEnded();
        await _idle.Task.ConfigureAwait(false);
        _session.Memory.Close();
    }
}
