using System.Threading.Tasks.Sources;
using TunnelRpc.Multiplexing;
using TunnelRpc.References;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>
/// A call of this side with one reply: a pooled slot that the reader completes. Whoever takes it out of the multiplexer's
/// table completes it; the caller's await gives it back to the pool.
/// </summary>
internal class UnaryCall<TResult> : TunnelStream, IValueTaskSource<TResult>, IValueTaskSource, IThreadPoolWorkItem
{
    // Continuations run where the call is completed: on a turn of the session's work.
    private ManualResetValueTaskSourceCore<TResult> _source;

    // Set by who has taken the call out of the table, before its completion is queued.
    private TResult? _result;
    private Exception? _error;

    private CancellationTokenRegistration _registration;
    private Multiplexer _multiplexer = null!;
    private TunnelMethod _method = null!;
    private ITunnelFormatter<TResult> _formatter = null!;
    private TunnelHeaders? _trailers;
    private ReferenceScope? _references;

    public short Version => _source.Version;

    public static UnaryCall<TResult> Rent(Multiplexer multiplexer, TunnelMethod method, ITunnelFormatter<TResult> formatter, TunnelHeaders? trailers = null, ReferenceScope? references = null)
    {
        UnaryCall<TResult> call = CallPool<UnaryCall<TResult>>.RentOrDefault() ?? new UnaryCall<TResult>();
        call.Prepare(multiplexer, method, formatter, trailers, references);
        return call;
    }

    /// <summary>The slot is for this call now.</summary>
    protected void Prepare(Multiplexer multiplexer, TunnelMethod method, ITunnelFormatter<TResult> formatter, TunnelHeaders? trailers = null, ReferenceScope? references = null)
    {
        _multiplexer = multiplexer;
        _method = method;
        _formatter = formatter;
        _trailers = trailers;
        _references = references;
    }

    /// <summary>After opening: lets the token cancel the call. It may have completed already.</summary>
    public void RegisterCancellation(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((UnaryCall<TResult>)state!).Cancel(token), this);
        }
    }

    public override void OnReply(FrameFlags flags, ReadOnlySpan<byte> body)
    {
        try
        {
            _result = ReplyReader.ReadResult(_method, _formatter, flags, body, _trailers, _references);
        }
        catch (TunnelException error)
        {
            _error = error;
        }

        _multiplexer.Work.EnqueueFromReader(this);
    }

    public override void OnCancel(TunnelStatus status) => OnFailed(new TunnelException(status, $"{_method} ended with {status}."));

    public override void OnFailed(TunnelException error) => Fail(error);

    // The caller's continuation runs in here.
    void IThreadPoolWorkItem.Execute()
    {
        if (_error is null)
        {
            Complete(_result!);
        }
        else if (_error is not TunnelException lost || !TryRetry(lost))
        {
            Complete(_error);
        }
    }

    /// <summary>Makes a failed call again, if that may be: true when it is completed by that.</summary>
    protected virtual bool TryRetry(TunnelException failure) => false;

    protected void Complete(TResult result) => _source.SetResult(result);

    protected void Complete(Exception error) => _source.SetException(error);

    /// <summary>Gives the slot back: nobody holds it any more.</summary>
    protected virtual void ReturnToPool() => CallPool<UnaryCall<TResult>>.Return(this);

    /// <summary>Gives back a call that was never opened.</summary>
    public void ReturnUnopened() => ResetAndReturn();

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        // A wrong token must not give the slot back for somebody else.
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

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

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
        // Waits for a callback that runs: after this nobody cancels what will be another call.
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
