using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Accounting;
using TunnelRpc.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Sessions;

/// <summary>
/// An ordered, reliable byte stream in each direction that can migrate from one connection to another: records, acknowledgement,
/// retransmission, keepalive and orderly close. Thread-safe.
/// </summary>
/// <remarks>
/// <see cref="SessionWriter"/> is the sending side, <see cref="SessionPath"/> reads and runs the write pump, <see cref="PathManager"/>
/// replaces the path, <see cref="ClosingHandshake"/> ends the session in order. A session that is started releases everything by itself
/// after its end; a session that is never started is released by <see cref="ReleaseUnstarted"/>.
/// </remarks>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The session disposes its fields when it ends.")]
[DebuggerDisplay("{DebuggerDisplay,nq}")]
internal sealed class TunnelSession
{
    private readonly TunnelOptions _options;
    private readonly TaskCompletionSource _endedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LazySignal _released;

    // Replaced by PathManager under its lock, read without it.
    private SessionParameters _parameters;

    // Written by the reader, read by any thread.
    private long _lastActivityTimestamp;

    private volatile bool _isStarted;
    private ISessionHandler _handler = null!;
    private Acknowledger? _acknowledger;

    // Exchanged atomically: 1 from the first call of End.
    private int _endStarted;

    // Set once, by End; read by any thread.
    private TunnelException? _endError;

    /// <param name="parameters">The parameters that the handshake agreed on.</param>
    /// <param name="connection">The first path's connection; owned by the session once it is started.</param>
    /// <param name="receiveBuffer">Bytes received after the handshake; owned by the session once it is started.</param>
    /// <param name="options">The options of this side.</param>
    /// <param name="budget">The memory budget that all sessions of this side share; null for a session without one.</param>
    /// <param name="partitions">The user and the address that the memory counts for; null for a session without.</param>
    public TunnelSession(
        SessionParameters parameters,
        ITransportConnection connection,
        ReceiveBuffer receiveBuffer,
        TunnelOptions options,
        MemoryBudget? budget = null,
        PartitionSet? partitions = null)
    {
        _parameters = parameters;
        _options = options;
        Memory = new MemoryAccount(options.Limits.MaxPendingCallBytes, options.Limits.MaxMessageSize, budget, partitions);
        _lastActivityTimestamp = options.TimeProvider.GetTimestamp();
        ClosingHandshake = new ClosingHandshake(this, options);
        WorkQueue = new WorkQueue(options.TimeProvider);
        var first = new SessionPath(this, connection, receiveBuffer, parameters.Epoch, options);
        Writer = new SessionWriter(first, Memory, WorkQueue, ReceiveTracker, options);
        Paths = new PathManager(this, first.Epoch, options);
    }

    /// <summary>The parameters that the handshake agreed on; connection and epoch are those of the current path.</summary>
    public SessionParameters Parameters => Volatile.Read(ref _parameters);

    /// <summary>The clock of the session and its paths.</summary>
    public TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>Accounts for the session's memory.</summary>
    public MemoryAccount Memory { get; }

    /// <summary>
    /// Runs the session's calls and their completions, continuations of streams that had to wait, and the write pump after them.
    /// </summary>
    public WorkQueue WorkQueue { get; }

    /// <summary>The sending side.</summary>
    public SessionWriter Writer { get; }

    /// <summary>The received offset.</summary>
    public ReceiveTracker ReceiveTracker { get; } = new();

    /// <summary>The orderly end of the session.</summary>
    public ClosingHandshake ClosingHandshake { get; }

    /// <summary>The path that carries the session, and its replacement.</summary>
    public PathManager Paths { get; }

    /// <summary>When the peer last sent data or an acknowledgement, as a timestamp. Answers to pings do not count.</summary>
    public long LastActivityTimestamp => Volatile.Read(ref _lastActivityTimestamp);

    /// <summary>The highest offset of this side's stream that was ever sent.</summary>
    public ulong SentOffset => (ulong)Writer.SentOffset;

    /// <summary>The offset up to which the peer's stream has been received.</summary>
    public ulong ReceivedOffset => (ulong)ReceiveTracker.ReceivedOffset;

    /// <summary>Bytes received and not yet acknowledged. A hint.</summary>
    public long ReceivedUnacknowledgedBytes => ReceiveTracker.ReceivedOffset - Writer.SentAckOffset;

    /// <summary>Whether bytes wait for an ACK of the peer, or a PING for its PONG. A hint, read without a lock.</summary>
    public bool IsAwaitingPeer => Writer.UnacknowledgedBytes > 0 || Writer.CurrentPath.IsAwaitingPong;

    /// <summary>Whether <see cref="Start"/> was called.</summary>
    public bool IsStarted => _isStarted;

    /// <summary>Whether the session has ended, or its CLOSE is requested.</summary>
    public bool IsEnding => Writer.IsEnding;

    /// <summary>Whether the session has ended. Its resources may still be in use until <see cref="Completion"/>.</summary>
    public bool IsEnded => Volatile.Read(ref _endStarted) != 0;

    /// <summary>Completes, without an exception, when the session has ended and all of its resources are released.</summary>
    public Task Completion => _released.Task;

    /// <inheritdoc cref="SessionWriter.HasUnacknowledgedCapacity"/>
    public bool HasUnacknowledgedCapacity => Writer.HasUnacknowledgedCapacity;

    private string DebuggerDisplay
    {
        get
        {
            SessionParameters parameters = Parameters;
            string state = IsEnded ? "ended"
                : IsEnding ? "closing"
                : Paths.DisconnectReason is { } reason ? $"disconnected: {reason}"
                : _isStarted ? "connected" : "not started";
            return $"{(parameters.IsClient ? "Client" : "Server")} session {parameters.Ticket.SessionId}, "
                + $"epoch {parameters.Epoch} ({parameters.Connection.Transport}), {state}";
        }
    }

    /// <summary>Sets the layer above. Called once, before any other thread has the session.</summary>
    public void SetHandler(ISessionHandler handler) => _handler = handler;

    /// <summary>
    /// Starts reading, and writing of the bytes that are appended already. Called once, after the last record of the handshake is sent. The
    /// session may have ended before.
    /// </summary>
    public void Start()
    {
        _acknowledger = new Acknowledger(this, _options.TimeProvider);
        _isStarted = true;
        _ = RunAsync();
        Paths.Current.Start();
        Writer.Flush(inline: false);
    }

    /// <summary>The bytes of control frames after which <see cref="EnforceControlBacklogLimit"/> ends the session.</summary>
    public long RemainingControlBacklog =>
        Writer.UnacknowledgedLimit + _options.Limits.MaxControlBacklog - Writer.UnacknowledgedBytes;

    /// <summary>
    /// Ends the session if the unacknowledged bytes exceed <see cref="SessionWriter.UnacknowledgedLimit"/> by more than
    /// <see cref="TunnelLimits.MaxControlBacklog"/>: the peer causes control frames and does not acknowledge them. The caller holds no
    /// lock.
    /// </summary>
    public void EnforceControlBacklogLimit()
    {
        TunnelLimits limits = _options.Limits;
        if (RemainingControlBacklog < 0)
        {
            End(new TunnelException(
                TunnelStatus.ResourceExhausted,
                $"The peer caused more than {limits.MaxControlBacklog} bytes of control frames beyond MaxUnacknowledgedBytes "
                + "without acknowledging them (limit MaxControlBacklog)."));
        }
    }

    /// <inheritdoc cref="ClosingHandshake.CloseAsync"/>
    public Task CloseAsync(TunnelStatus status, string reason, string? advice = null) =>
        ClosingHandshake.CloseAsync(status, reason, advice);

    /// <summary>Sends CLOSE after everything that was written before. Only the first request counts.</summary>
    public void RequestClose(TunnelStatus status, string reason) =>
        Writer.SendClose(new CloseMessage(status, _handler.StopAcceptingCalls(), reason));

    /// <summary>Describes why the session has ended, for a server. After <see cref="End"/>.</summary>
    public TunnelSessionEnd DescribeEnd()
    {
        TunnelException error = Volatile.Read(ref _endError)!;
        return ClosingHandshake.DescribeEnd() ?? new TunnelSessionEnd(
            Paths.IsLost ? TunnelSessionEndCause.PathLost : TunnelSessionEndCause.Aborted, error.Status, error.Message);
    }

    /// <summary>Ends the session at once. Only the first call counts.</summary>
    public void End(TunnelException error)
    {
        if (Interlocked.Exchange(ref _endStarted, 1) != 0)
        {
            return;
        }

        Volatile.Write(ref _endError, error);
        SessionPath path = Writer.End(out long sentOffset);
        ClosingHandshake.OnCloseSent();
        path.Stop();
        _handler.OnEnded(new SessionEnd(error, sentOffset, ClosingHandshake.LastAcceptedStream));
        _endedSource.TrySetResult();
    }

    /// <summary>
    /// Ends the session at once. The peer gets a CLOSE with the reason if no write is in flight and the path accepts CLOSE without waiting.
    /// </summary>
    /// <returns>False if the session is ending already, or is not started.</returns>
    public bool TryAbort(TunnelException reason)
    {
        if (!_isStarted || IsEnding)
        {
            return false;
        }

        // Calls may be refused from here on: the session ends below, unless it is ending for another reason by then.
        var close = new CloseMessage(reason.Status, _handler.StopAcceptingCalls(), reason.Message);
        if (!Writer.TryAbort(close, out bool mustFlush))
        {
            return false;
        }

        if (mustFlush)
        {
            Writer.Flush(inline: true);
        }

        End(reason);
        return true;
    }

    /// <summary>Releases the memory of a session that is never started.</summary>
    public void ReleaseUnstarted()
    {
        Writer.End(out _);
        Writer.ReleaseBuffer();
        _released.Set();
    }

    /// <summary>Ends the session because of an exception that is a defect.</summary>
    public void EndWithInternalError(Exception defect) =>
        End(new TunnelException(TunnelStatus.Internal, $"The session ended by an unexpected error: {defect.Message}", defect));

    /// <inheritdoc cref="SessionWriter.GetPathProgress"/>
    public PathProgress GetPathProgress() => Writer.GetPathProgress();

    /// <summary>The session's parameters change with its path; called by <see cref="PathManager"/> under its lock.</summary>
    public void OnMigrated(TransportConnectionInfo connection, uint epoch) =>
        Volatile.Write(ref _parameters, _parameters with { Connection = connection, Epoch = epoch });

    /// <summary>Bytes of the peer's stream have been received; called by the reader of the one path that is read.</summary>
    /// <param name="endOffset">The offset after the bytes.</param>
    /// <param name="data">The bytes; those that were received on an earlier path are skipped.</param>
    public void OnDataReceived(long endOffset, ReadOnlySpan<byte> data)
    {
        if (ReceiveTracker.TryAdvance(endOffset, ref data))
        {
            _handler.OnData(data);
        }
    }

    /// <summary>The peer has sent data or an acknowledgement; called by the reader.</summary>
    public void OnActivity(long timestamp) => Volatile.Write(ref _lastActivityTimestamp, timestamp);

    /// <summary>The peer has acknowledged this side's stream up to <paramref name="offset"/>; called by the reader.</summary>
    /// <exception cref="TunnelProtocolException">The offset is beyond what was sent.</exception>
    public void OnAck(ulong offset)
    {
        Writer.Acknowledge(offset);
        _handler.OnCapacityAvailable();
    }

    /// <summary>Sends a PING now: until any byte is received, <see cref="GetPathProgress"/> reports a path that awaits a pong.</summary>
    public void SendProbe()
    {
        Paths.Current.OnProbeSent();
        Writer.SendPing();
    }

    /// <summary>The path has accepted the last write; called by the pump.</summary>
    public void OnWriteCompleted()
    {
        if (Writer.OnWriteCompleted())
        {
            ClosingHandshake.OnCloseSent();
        }

        _handler.OnCapacityAvailable();
    }

    /// <summary>The reader has parsed everything that it had received.</summary>
    public void OnReceiveBufferParsed() => _acknowledger!.OnReceiveBufferParsed();

    private async Task RunAsync()
    {
        await _endedSource.Task.ConfigureAwait(false);
        await _acknowledger!.DisposeAsync().ConfigureAwait(false);
        await Paths.ReleaseAsync().ConfigureAwait(false);
        Writer.ReleaseBuffer();
        _released.Set();
    }
}
