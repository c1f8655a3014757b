using System.Diagnostics;
using System.Threading.Tasks.Sources;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// An outgoing call with one reply: a pooled <see cref="IValueTaskSource{TResult}"/>. The thread that removes the call from the stream
/// table (reader, cancellation or end of the session) sets its outcome and queues it; the work item runs the continuation of the caller.
/// The caller's await returns the object to its pool.
/// </summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
internal class UnaryCall<TResult> : TunnelStream, IValueTaskSource<TResult>, IValueTaskSource, IThreadPoolWorkItem, ILargeMessage
{
    // Continuations run synchronously where the outcome is set: in a work item of the session's queue.
    private ManualResetValueTaskSourceCore<TResult> _source;

    // Set by the thread that removed the call from the table, before it queues the completion.
    private TResult? _result;
    private Exception? _error;

    // Set by the thread that removed the call from the table, before the reply is queued to be decoded: a large reply and its flags.
    private PartialMessage? _reply;
    private FrameFlags _replyFlags;

    private CancellationTokenRegistration _registration;
    private Multiplexer _multiplexer = null!;
    private TunnelMethod _method = null!;
    private ITunnelFormatter<TResult> _formatter = null!;
    private TunnelHeaders? _trailers;
    private CallReferences? _references;

    /// <summary>The token of the current use, for a <see cref="ValueTask{TResult}"/>.</summary>
    public short Version => _source.Version;

    /// <inheritdoc/>
    public override TunnelMethod? CalledMethod => _method;

    private string DebuggerDisplay => _multiplexer is null
        ? "pooled"
        : $"{_method.FullName}, stream {Id}, {(IsOpen ? "open" : "not open")}, {_source.GetStatus(_source.Version)}";

    /// <summary>Takes a call from the pool, or creates one.</summary>
    /// <param name="multiplexer">The multiplexer of the session.</param>
    /// <param name="method">The method.</param>
    /// <param name="formatter">Reads the result.</param>
    /// <param name="trailers">Receives the trailers of the reply; null when they are not wanted.</param>
    /// <param name="references">The references that travel with the call; null for none.</param>
    public static UnaryCall<TResult> Rent(
        Multiplexer multiplexer,
        TunnelMethod method,
        ITunnelFormatter<TResult> formatter,
        TunnelHeaders? trailers = null,
        CallReferences? references = null)
    {
        UnaryCall<TResult> call = CallPool<UnaryCall<TResult>>.RentOrDefault() ?? new UnaryCall<TResult>();
        call.Prepare(multiplexer, method, formatter, trailers, references);
        return call;
    }

    /// <summary>Sets the fields of the next use.</summary>
    protected void Prepare(
        Multiplexer multiplexer,
        TunnelMethod method,
        ITunnelFormatter<TResult> formatter,
        TunnelHeaders? trailers = null,
        CallReferences? references = null)
    {
        _multiplexer = multiplexer;
        _method = method;
        _formatter = formatter;
        _trailers = trailers;
        _references = references;
    }

    /// <summary>Lets the token cancel the call. Called after the call was opened; the call may have completed already.</summary>
    public void RegisterCancellation(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((UnaryCall<TResult>)state!).Cancel(token), this);
        }
    }

    /// <inheritdoc/>
    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        ReadReply(flags, body);
        _multiplexer.Work.EnqueueFromReader(this);
    }

    /// <inheritdoc/>
    public override bool TryDecodeReplyLater(FrameFlags flags, PartialMessage reply)
    {
        // References are imported by the reader, in the order in which the peer passed and releases them.
        if (_references is not null)
        {
            return false;
        }

        _reply = reply;
        _replyFlags = flags;
        if (_multiplexer.LargeMessages.TryEnqueue(this, reply.Length))
        {
            return true;
        }

        _reply = null;
        return false;
    }

    void ILargeMessage.Decode()
    {
        PartialMessage reply = _reply!;
        _reply = null;
        try
        {
            ReadReply(_replyFlags, reply.Bytes);
        }
        finally
        {
            reply.Dispose();
        }

        _multiplexer.Work.Enqueue(this);
    }

    private void ReadReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        try
        {
            _result = ReplyReader.ReadResult(_multiplexer, Id, _method, _formatter, flags, body, _trailers, _references);
        }
        catch (TunnelException error)
        {
            _error = error;
        }
    }

    /// <inheritdoc/>
    public override void OnCancel(TunnelStatus status) =>
        OnFailed(new TunnelException(status, $"{_method} ended with {status}.") { IsOfCall = true });

    /// <inheritdoc/>
    public override void OnFailed(TunnelException error) => Fail(error);

    // Runs the continuation of the caller.
    void IThreadPoolWorkItem.Execute()
    {
        if (_error is null)
        {
            Complete(_result!);
        }
        else if (_error is not TunnelException failure || !TryRetry(failure))
        {
            Complete(_error);
        }
    }

    /// <summary>Retries a failed call if that is allowed. True when the retry will complete this call.</summary>
    protected virtual bool TryRetry(TunnelException failure) => false;

    protected void Complete(TResult result) => _source.SetResult(result);

    protected void Complete(Exception error) => _source.SetException(error);

    /// <summary>Returns the object to its pool. The caller must be its last user.</summary>
    protected virtual void ReturnToPool() => CallPool<UnaryCall<TResult>>.Return(this);

    /// <summary>Returns a call to the pool that was never opened.</summary>
    public void ReturnUnopened() => ResetAndReturn();

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        // Throws if the token is not of this use: a second await must not return an object to the pool that serves another call by now.
        _source.GetStatus(token);
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            ResetAndReturn();
        }
    }

    void IValueTaskSource.GetResult(short token) => ((IValueTaskSource<TResult>)this).GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (_multiplexer.TryCancel(this, TunnelStatus.Cancelled))
        {
            Fail(new OperationCanceledException($"{_method} was cancelled.", cancellationToken));
        }
    }

    private void Fail(Exception error)
    {
        _error = error;
        _multiplexer.Work.Enqueue(this);
    }

    private void ResetAndReturn()
    {
        // Waits for a callback that runs now, so that it cannot cancel the next call that uses this object.
        _registration.Dispose();
        _registration = default;
        _multiplexer = null!;
        _trailers = null;
        _references = null;
        _result = default;
        _error = null;
        _source.Reset();
        ReturnToPool();
    }
}
