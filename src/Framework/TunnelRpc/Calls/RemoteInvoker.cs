using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Carries calls over one session.</summary>
/// <param name="peer">The other side.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
/// <param name="reference">The object that is called, of those that the peer has passed; 0 for the services that it serves.</param>
internal sealed class RemoteInvoker(TunnelPeer peer, TunnelCallOptions? options, long reference) : TunnelInvoker
{
    public TunnelPeer Peer => peer;

    public long Reference => reference;

    private Multiplexer Multiplexer => peer.Multiplexer;

    public override TunnelInvoker With(TunnelCallOptions more) => new RemoteInvoker(peer, options?.Merge(more) ?? more, reference);

    internal override void KeepReference() => Change(ReferenceChange.Keep, base.KeepReference);

    internal override void ReleaseReference() => Change(ReferenceChange.Release, base.ReleaseReference);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        try
        {
            return IsPlain(method, out CallSettings? settings) && Start(method, args, cancellationToken) is { } call
                ? new ValueTask<TResult>(call, call.Version)
                : InvokeSlowAsync(method, args, settings, cancellationToken);
        }
        catch (Exception error)
        {
            // As from any asynchronous method: whoever makes several calls at once gets them all.
            return ValueTask.FromException<TResult>(error);
        }
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        try
        {
            return IsPlain(method, out CallSettings? settings) && Start(method, args, cancellationToken) is { } call
                ? new ValueTask(call, call.Version)
                : InvokeVoidSlowAsync(method, args, settings, cancellationToken);
        }
        catch (Exception error)
        {
            // As from any asynchronous method: whoever makes several calls at once gets them all.
            return ValueTask.FromException(error);
        }
    }

    public override async ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallSettings? settings = CallSettings.Resolve(options, method, reference, queues: null);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);

        // Nobody tells when a one-way call is over: what it passes lives until the peer releases it.
        CallReferences? references = method.HasReferences ? new CallReferences(peer, givesAway: true, 0) : null;
        try
        {
            await new OneWayCall(Multiplexer).SendAsync(method, method.Arguments, args, settings, references, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
            references = null;
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled, sent: false);
        }
        finally
        {
            // Not sent, the peer has none of them.
            references?.End(all: true);
        }
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RemoteStream<TArgs, Unit, TItem>(
            new StreamingCallInfo<TArgs, Unit, TItem>(method, method.Arguments, args, method.Item, null, null, options, peer, reference, cancellationToken));

    public override async ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        CallSettings? settings = CallSettings.Resolve(options, method, reference, peer.Queues);
        using ChainWait? wait = peer.WaitFor(method, settings);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = BeginReferences(method);
        var call = new UploadCall<TService, TArgs, TItem, TResult>(Multiplexer, method, settings, references);
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;
            return await EndInOrderAsync(call.RunAsync(args, items, token), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled, call.IsSent);
        }
        finally
        {
            references?.End();
        }
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RemoteStream<TArgs, TItem, TResultItem>(
            new StreamingCallInfo<TArgs, TItem, TResultItem>(
                method, method.Arguments, args, method.ResultItem, method.Item, items, options, peer, reference, cancellationToken));
    }

    /// <summary>Whether a call has nothing beside its arguments, and waits for no turn.</summary>
    /// <exception cref="TunnelException">The call that is served now has no time left.</exception>
    public bool IsPlain(TunnelMethod method, out CallSettings? settings)
    {
        settings = CallSettings.Resolve(options, method, reference, peer.Queues);
        return settings is null && !method.HasReferences && !method.IsOrdered;
    }

    /// <summary>The usual case: one frame, no waiting, no allocation. False when the call cannot be made that way; the slot is given back then, and when it throws.</summary>
    /// <exception cref="TunnelException">It was not sent.</exception>
    public bool TryStart<TService, TArgs, TResult>(UnaryCall<TResult> call, UnaryMethod<TService, TArgs, TResult> method, TArgs args)
        where TService : class
    {
        MessageBuffer buffer = MessageBuffer.Rent(Multiplexer.OutgoingMessageLimit);
        bool opened = false;
        try
        {
            CallBody.Write(buffer, method, null, method.Arguments, args, null);
            opened = Multiplexer.TryOpen(call, FrameFlags.End, buffer.WrittenSpan);
        }
        finally
        {
            buffer.Return();
            if (!opened)
            {
                call.Abandon();
            }
        }

        return opened;
    }

    private UnaryCall<TResult>? Start<TService, TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.Result);
        if (!TryStart(call, method, args))
        {
            return null;
        }

        call.Watch(cancellationToken);
        return call;
    }

    private async ValueTask<TResult> InvokeSlowAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        using ChainWait? wait = peer.WaitFor(method, settings);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = BeginReferences(method);
        bool sent = false;
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;

            // A call that fails here is not pooled again: the peer's answer may be on its way.
            UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.Result, settings?.Trailers, references);
            await Multiplexer.OpenAsync(call, method, method.Arguments, args, FrameFlags.End, settings, references, token).ConfigureAwait(false);
            sent = true;
            call.Watch(token);
            return await EndInOrderAsync(new ValueTask<TResult>(call, call.Version), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled, sent);
        }
        finally
        {
            references?.End();
        }
    }

    private async ValueTask InvokeVoidSlowAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class => await InvokeSlowAsync(method, args, settings, cancellationToken).ConfigureAwait(false);

    /// <summary>Where the peer has answered, what was passed is not used any more when the caller goes on.</summary>
    private static async ValueTask<TResult> EndInOrderAsync<TResult>(ValueTask<TResult> call, CallReferences? references, CancellationToken cancellationToken)
    {
        if (references is null)
        {
            return await call.ConfigureAwait(false);
        }

        TResult result;
        try
        {
            result = await call.ConfigureAwait(false);
        }
        catch (TunnelException error) when (error is { Outcome: TunnelCallOutcome.Completed, Status: not TunnelStatus.DeadlineExceeded })
        {
            await references.EndAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        await references.EndAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private CallReferences? BeginReferences(TunnelMethod method) => method.HasReferences ? new CallReferences(peer, givesAway: false, 0) : null;

    private void Change(ReferenceChange change, Action noReference)
    {
        if (reference == 0)
        {
            noReference();
            return;
        }

        Multiplexer.WriteControl((ulong)reference, FrameType.Reference, [(byte)change]);
    }
}
