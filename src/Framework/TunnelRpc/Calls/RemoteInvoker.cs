using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>Carries calls over one session.</summary>
/// <param name="multiplexer">The session's multiplexer.</param>
/// <param name="tunnel">The tunnel's options.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
internal sealed class RemoteInvoker(Multiplexer multiplexer, TunnelOptions tunnel, TunnelCallOptions? options) : TunnelInvoker
{
    public override TunnelInvoker With(TunnelCallOptions more) => new RemoteInvoker(multiplexer, tunnel, options?.Merge(more) ?? more);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        CallSettings? settings = CallSettings.Resolve(options, method);
        return settings is null && TryStart(method, args, cancellationToken, out UnaryCall<TResult>? call)
            ? new ValueTask<TResult>(call, call.Version)
            : InvokeSlowAsync(method, args, settings, cancellationToken);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        CallSettings? settings = CallSettings.Resolve(options, method);
        return settings is null && TryStart(method, args, cancellationToken, out UnaryCall<Unit>? call)
            ? new ValueTask(call, call.Version)
            : InvokeVoidSlowAsync(method, args, settings, cancellationToken);
    }

    public override async ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallSettings? settings = CallSettings.Resolve(options, method);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, tunnel.TimeProvider, cancellationToken);
        try
        {
            await new OneWayCall(multiplexer).SendAsync(method, method.Arguments, args, settings, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
        }
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RemoteStream<TArgs, Unit, TItem>(
            multiplexer,
            tunnel.Limits.StreamWindow,
            new StreamingCallInfo<TArgs, Unit, TItem>(method, method.Arguments, args, method.Item, null, null, options, tunnel.TimeProvider, cancellationToken));

    public override async ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        CallSettings? settings = CallSettings.Resolve(options, method);
        using CallDeadline? deadline = CallDeadline.Start(settings, method, tunnel.TimeProvider, cancellationToken);
        try
        {
            var call = new UploadCall<TService, TArgs, TItem, TResult>(multiplexer, method, settings);
            return await call.RunAsync(args, items, deadline?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
        }
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RemoteStream<TArgs, TItem, TResultItem>(
            multiplexer,
            tunnel.Limits.StreamWindow,
            new StreamingCallInfo<TArgs, TItem, TResultItem>(
                method, method.Arguments, args, method.ResultItem, method.Item, items, options, tunnel.TimeProvider, cancellationToken));
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
        call = UnaryCall<TResult>.Rent(multiplexer, method, method.Result);
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        bool opened = false;
        try
        {
            CallBody.Write(buffer, method, null, method.Arguments, args);
            opened = multiplexer.TryOpen(call, FrameFlags.End, buffer.WrittenSpan);
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
        using CallDeadline? deadline = CallDeadline.Start(settings, method, tunnel.TimeProvider, cancellationToken);
        try
        {
            CancellationToken token = deadline?.Token ?? cancellationToken;
            UnaryCall<TResult> call = await OpenAsync(method, args, settings, token).ConfigureAwait(false);
            call.Watch(token);
            return await new ValueTask<TResult>(call, call.Version).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (deadline is not null)
        {
            throw deadline.Explain(cancelled);
        }
    }

    private async ValueTask InvokeVoidSlowAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class => await InvokeSlowAsync(method, args, settings, cancellationToken).ConfigureAwait(false);

    private async ValueTask<UnaryCall<TResult>> OpenAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class
    {
        CallMetadata? metadata = settings?.Metadata;
        FrameFlags flags = metadata is null ? FrameFlags.End : FrameFlags.End | FrameFlags.Metadata;
        UnaryCall<TResult> call = UnaryCall<TResult>.Rent(multiplexer, method, method.Result, settings?.Trailers);
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        try
        {
            CallBody.Write(buffer, method, metadata, method.Arguments, args);
            if (!multiplexer.TryOpen(call, flags, buffer.WrittenSpan))
            {
                // A call that fails here is not pooled again: the peer's answer may be on its way.
                await multiplexer.OpenAsync(call, flags, buffer.Written, cancellationToken, SendTurn.For(settings?.Priority ?? TunnelPriority.Normal)).ConfigureAwait(false);
            }

            return call;
        }
        finally
        {
            buffer.Return();
        }
    }
}
