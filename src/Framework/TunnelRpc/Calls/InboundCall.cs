using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>A call of the peer that runs here. The reader cancels it; one work item of the thread pool runs it.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no links: there is nothing to release.")]
internal abstract class InboundCall : TunnelStream, IThreadPoolWorkItem
{
    // The reader cancels, the work item reuses it: only a call that nobody cancelled is reused.
    private readonly CancellationTokenSource _cancellation = new();

    // The work item's.
    private IAsyncDisposable? _scope;

    // The work item's: whether the call still counts as running.
    private bool _counted;

    protected TunnelPeer Peer { get; private set; } = null!;

    protected CancellationToken Cancelled => _cancellation.Token;

    /// <summary>The method, for messages.</summary>
    protected abstract TunnelMethod Method { get; }

    protected bool IsOneWay { get; private set; }

    /// <summary>Puts the call into the table and queues its work.</summary>
    public void Begin(TunnelPeer peer, ulong stream, FrameFlags flags)
    {
        Peer = peer;
        Id = stream;
        _counted = true;
        IsOneWay = (flags & FrameFlags.OneWay) != 0;
        peer.OnCallStarted();

        // One-way calls too: the end of the session cancels them.
        peer.Multiplexer.Accept(this, stream);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public override void OnCancel(TunnelStatus status) => CancelSoon(new TunnelException(TunnelStatus.Cancelled, "The caller has cancelled the call."));

    public override void OnLost(TunnelException error) => CancelSoon(error);

    // Every way of running ends in the peer's count, which the peer waits for; no exception leaves it.
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    /// <summary>Calls the implementation and answers. An exception becomes the caller's failure.</summary>
    /// <returns>Whether the answer went out, so that nobody else holds the call.</returns>
    protected abstract ValueTask<bool> InvokeAsync();

    /// <summary>The frame that carries a failure.</summary>
    protected virtual FrameType FailureFrame => FrameType.Reply;

    /// <summary>The call is over; <paramref name="reusable"/> when nobody else holds it.</summary>
    protected virtual void OnEnded(bool reusable)
    {
    }

    /// <summary>Makes the implementation; what it needs is disposed when the call is over.</summary>
    protected TService Activate<TService>(ServiceActivator<TService> activator)
        where TService : class => activator.Activate(Peer, out _scope);

    private async Task RunAsync()
    {
        TunnelPeer peer = Peer;
        bool answered = false;
        try
        {
            answered = await InvokeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await FailAsync(FailureFrame, error).ConfigureAwait(false);
        }

        Release();
        if (_scope is not null)
        {
            await peer.DisposeScopeAsync(Method, _scope).ConfigureAwait(false);
            _scope = null;
        }

        OnEnded(answered && TryReset());
        peer.OnCallEnded();
    }

    /// <summary>The call's work is done; before its answer goes out, so that the caller's next call finds room.</summary>
    protected void Release()
    {
        if (_counted)
        {
            _counted = false;
            Peer.Multiplexer.ReleaseCall();
        }
    }

    /// <summary>Elements that still wait here will not be followed by others.</summary>
    protected virtual void OnStopped(TunnelException reason)
    {
    }

    /// <summary>Makes the call ready for its next use; false when it was cancelled and must not be used again.</summary>
    private bool TryReset() => _cancellation.TryReset();

    /// <summary>Answers with a failure.</summary>
    private async ValueTask FailAsync(FrameType type, Exception error)
    {
        Release();
        (TunnelStatus status, string message, TunnelFaultDetail? detail) = Describe(error);
        if (IsOneWay)
        {
            Peer.Multiplexer.TryRemove(this);
            return;
        }

        int limit = Peer.Multiplexer.OutgoingMessageLimit;
        MessageBuffer buffer = MessageBuffer.Rent(limit);
        try
        {
            FailureBody.Write(buffer, limit, status, message, detail);
            await Peer.Multiplexer.FinishAsync(this, type, buffer.Written).ConfigureAwait(false);
        }
        catch (TunnelException)
        {
            // The session is over: nobody waits for the answer.
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Answers with a result. False when it was not sent, because the caller had cancelled.</summary>
    protected async ValueTask<bool> ReplyAsync<TResult>(ITunnelFormatter<TResult> formatter, TResult result)
    {
        if (IsOneWay)
        {
            Release();
            return Peer.Multiplexer.TryRemove(this);
        }

        MessageBuffer buffer = MessageBuffer.Rent(Peer.Multiplexer.OutgoingMessageLimit);
        try
        {
            buffer.GetSpan(1)[0] = (byte)TunnelStatus.Ok;
            buffer.Advance(1);
            var writer = new MessagePackWriter(buffer);
            formatter.Write(ref writer, result);
            writer.Flush();
            Release();
            return await Peer.Multiplexer.FinishAsync(this, FrameType.Reply, buffer.Written).ConfigureAwait(false);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Answers with a stream. False when the caller had enough before it ended.</summary>
    protected async ValueTask<bool> StreamBackAsync<TItem>(ITunnelFormatter<TItem> formatter, IAsyncEnumerable<TItem> items)
    {
        if (IsOneWay)
        {
            throw new TunnelException(TunnelStatus.InvalidArgument, $"{Method} streams back, so it cannot be called one way.");
        }

        var sender = new ItemSender<TItem>(Peer.Multiplexer, this, formatter);
        if (!await sender.SendAllAsync(items, Cancelled).ConfigureAwait(false))
        {
            return false;
        }

        Release();
        return await Peer.Multiplexer.FinishAsync(this, FrameType.End, default).ConfigureAwait(false);
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

    private void CancelSoon(TunnelException reason)
    {
        OnStopped(reason);

        // Callbacks of the token are the application's: they must not run on the reader.
        ThreadPool.UnsafeQueueUserWorkItem(
            static call =>
            {
                try
                {
                    call._cancellation.Cancel();
                }
                catch (AggregateException callbacks)
                {
                    call.Peer.OnCancellationCallbackFailed(call.Method, callbacks);
                }
            },
            this,
            preferLocal: false);
    }
}
