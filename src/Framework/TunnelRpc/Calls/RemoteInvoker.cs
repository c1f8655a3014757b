using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Carries calls over one session.</summary>
/// <param name="peer">The other side.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
/// <param name="referenceId">The object that is called, of those that the peer has passed; 0 for the services that it serves.</param>
internal sealed class RemoteInvoker(TunnelPeer peer, TunnelCallOptions? options, long referenceId) : TunnelInvoker
{
    public TunnelPeer Peer => peer;

    public long ReferenceId => referenceId;

    private Multiplexer Multiplexer => peer.Multiplexer;

    public override TunnelInvoker With(TunnelCallOptions additional) => new RemoteInvoker(peer, options?.Merge(additional) ?? additional, referenceId);

    internal override void RetainReference() => SendReferenceChange(ReferenceChange.Retain, base.RetainReference);

    internal override void ReleaseReference() => SendReferenceChange(ReferenceChange.Release, base.ReleaseReference);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        try
        {
            return CanUseFastPath(method, out CallSettings? settings) && Start(method, args, cancellationToken) is { } call
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
            return CanUseFastPath(method, out CallSettings? settings) && Start(method, args, cancellationToken) is { } call
                ? new ValueTask(call, call.Version)
                : InvokeVoidSlowAsync(method, args, settings, cancellationToken);
        }
        catch (Exception error)
        {
            // As from any asynchronous method: whoever makes several calls at once gets them all.
            return ValueTask.FromException(error);
        }
    }

    public override async ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallSettings? settings = CallSettings.Resolve(options, method, referenceId, queues: null);
        using CallTimeout? deadline = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);

        // Nobody tells when a one-way call is over: what it passes lives until the peer releases it.
        CallReferences? references = method.HasReferences ? new CallReferences(peer, transfersOwnership: true, 0) : null;
        try
        {
            await new OneWayCall(Multiplexer).SendAsync(method, method.ArgumentsFormatter, args, settings, references, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
            references = null;
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.TranslateCancellation(cancelled, wasSent: false);
        }
        finally
        {
            // Not sent, the peer has none of them.
            references?.End(includeTransferred: true);
        }
    }

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RemoteItemStream<TArgs, Unit, TItem>(
            new StreamingCallInfo<TArgs, Unit, TItem>(method, method.ArgumentsFormatter, args, method.ItemFormatter, null, null, options, peer, referenceId, cancellationToken));

    public override async ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        CallSettings? settings = CallSettings.Resolve(options, method, referenceId, peer.OrderedQueues);
        using WaitForEdge? wait = peer.BeginOrderedWait(method, settings);
        using CallTimeout? deadline = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = CreateReferences(method);
        var call = new ClientStreamingCall<TService, TArgs, TItem, TResult>(Multiplexer, method, settings, references);
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;
            return await EndReferencesAfterReplyAsync(call.RunAsync(args, items, token), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.TranslateCancellation(cancelled, call.IsSent);
        }
        finally
        {
            references?.End();
        }
    }

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RemoteItemStream<TArgs, TItem, TResultItem>(
            new StreamingCallInfo<TArgs, TItem, TResultItem>(
                method, method.ArgumentsFormatter, args, method.ResultItemFormatter, method.ItemFormatter, items, options, peer, referenceId, cancellationToken));
    }

    /// <summary>Whether a call has nothing beside its arguments, and waits for no turn.</summary>
    /// <exception cref="TunnelException">The call that is served now has no time left.</exception>
    public bool CanUseFastPath(TunnelMethod method, out CallSettings? settings)
    {
        settings = CallSettings.Resolve(options, method, referenceId, peer.OrderedQueues);
        return settings is null && !method.HasReferences && !method.IsOrdered;
    }

    /// <summary>
    /// The usual case: one frame, no waiting, no allocation. False when the call cannot be made that way; the slot is given back then, and
    /// when it throws.
    /// </summary>
    /// <exception cref="TunnelException">It was not sent.</exception>
    public bool TryStart<TService, TArgs, TResult>(UnaryCall<TResult> call, UnaryMethod<TService, TArgs, TResult> method, TArgs args)
        where TService : class
    {
        MessageBuffer buffer = MessageBuffer.Rent(Multiplexer.MaxOutgoingMessageSize);
        bool opened = false;
        try
        {
            CallBody.Write(buffer, method, null, method.ArgumentsFormatter, args, null);
            opened = Multiplexer.TryOpen(call, FrameFlags.End, buffer.WrittenSpan);
        }
        finally
        {
            buffer.Return();
            if (!opened)
            {
                call.ReturnUnopened();
            }
        }

        return opened;
    }

    private UnaryCall<TResult>? Start<TService, TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.ResultFormatter);
        if (!TryStart(call, method, args))
        {
            return null;
        }

        call.RegisterCancellation(cancellationToken);
        return call;
    }

    private async ValueTask<TResult> InvokeSlowAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        using WaitForEdge? wait = peer.BeginOrderedWait(method, settings);
        using CallTimeout? deadline = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = CreateReferences(method);
        bool sent = false;
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;

            // A call that fails here is not pooled again: the peer's answer may be on its way.
            UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.ResultFormatter, settings?.Trailers, references);
            await Multiplexer.OpenCallAsync(call, method, method.ArgumentsFormatter, args, FrameFlags.End, settings, references, token).ConfigureAwait(false);
            sent = true;
            call.RegisterCancellation(token);
            return await EndReferencesAfterReplyAsync(new ValueTask<TResult>(call, call.Version), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.TranslateCancellation(cancelled, sent);
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
    private static async ValueTask<TResult> EndReferencesAfterReplyAsync<TResult>(ValueTask<TResult> call, CallReferences? references, CancellationToken cancellationToken)
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
            await references.EndAndWaitUntilIdleAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        await references.EndAndWaitUntilIdleAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private CallReferences? CreateReferences(TunnelMethod method) => method.HasReferences ? new CallReferences(peer, transfersOwnership: false, 0) : null;

    private void SendReferenceChange(ReferenceChange change, Action onNoReference)
    {
        if (referenceId == 0)
        {
            onNoReference();
            return;
        }

        Multiplexer.WriteControl((ulong)referenceId, FrameType.Reference, [(byte)change]);
    }
}
