using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;

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
        CallSettings? settings = CallSettings.Resolve(options, method, reference);
        return settings is null && !method.HasReferences && TryStart(method, args, cancellationToken, out UnaryCall<TResult>? call)
            ? new ValueTask<TResult>(call, call.Version)
            : InvokeSlowAsync(method, args, settings, cancellationToken);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        CallSettings? settings = CallSettings.Resolve(options, method, reference);
        return settings is null && !method.HasReferences && TryStart(method, args, cancellationToken, out UnaryCall<Unit>? call)
            ? new ValueTask(call, call.Version)
            : InvokeVoidSlowAsync(method, args, settings, cancellationToken);
    }

    public override async ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallSettings? settings = CallSettings.Resolve(options, method, reference);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);

        // Nobody tells when a one-way call is over: what it passes lives until the peer releases it.
        CallReferences? references = method.HasReferences ? new CallReferences(peer, givesAway: true, 0) : null;
        try
        {
            await new OneWayCall(Multiplexer).SendAsync(method, method.Arguments, args, settings, references, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
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
        CallSettings? settings = CallSettings.Resolve(options, method, reference);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = BeginReferences(method);
        try
        {
            var call = new UploadCall<TService, TArgs, TItem, TResult>(Multiplexer, method, settings, references);
            return await call.RunAsync(args, items, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
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

    /// <summary>The usual case: one frame, no waiting, no allocation.</summary>
    private bool TryStart<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method,
        TArgs args,
        CancellationToken cancellationToken,
        [NotNullWhen(true)] out UnaryCall<TResult>? call)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        call = UnaryCall<TResult>.Rent(Multiplexer, method, method.Result);
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

        if (opened)
        {
            call.Watch(cancellationToken);
        }

        return opened;
    }

    private async ValueTask<TResult> InvokeSlowAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CallDeadline? deadline = CallDeadline.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = BeginReferences(method);
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;
            UnaryCall<TResult> call = await OpenAsync(method, args, settings, references, token).ConfigureAwait(false);
            call.Watch(token);
            return await new ValueTask<TResult>(call, call.Version).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
        }
        finally
        {
            references?.End();
        }
    }

    private async ValueTask InvokeVoidSlowAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class => await InvokeSlowAsync(method, args, settings, cancellationToken).ConfigureAwait(false);

    private async ValueTask<UnaryCall<TResult>> OpenAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallSettings? settings, CallReferences? references, CancellationToken cancellationToken)
        where TService : class
    {
        CallMetadata? metadata = settings?.Metadata;
        FrameFlags flags = metadata is null ? FrameFlags.End : FrameFlags.End | FrameFlags.Metadata;
        UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.Result, settings?.Trailers, references);
        MessageBuffer buffer = MessageBuffer.Rent(Multiplexer.OutgoingMessageLimit);
        try
        {
            CallBody.Write(buffer, method, metadata, method.Arguments, args, references);
            if (!Multiplexer.TryOpen(call, flags, buffer.WrittenSpan))
            {
                // A call that fails here is not pooled again: the peer's answer may be on its way.
                await Multiplexer.OpenAsync(call, flags, buffer.Written, cancellationToken, SendTurn.For(settings?.Priority ?? TunnelPriority.Normal)).ConfigureAwait(false);
            }

            return call;
        }
        finally
        {
            buffer.Return();
        }
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
