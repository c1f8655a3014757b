using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

/// <summary>Carries calls over one session.</summary>
internal sealed class RemoteInvoker(Multiplexer multiplexer, int streamWindow) : TunnelInvoker
{
    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        return TryStart(method, args, cancellationToken, out UnaryCall<TResult>? call)
            ? new ValueTask<TResult>(call, call.Version)
            : InvokeSlowAsync(method, args, cancellationToken);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
    {
        return TryStart(method, args, cancellationToken, out UnaryCall<Unit>? call)
            ? new ValueTask(call, call.Version)
            : InvokeVoidSlowAsync(method, args, cancellationToken);
    }

    public override ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new OneWayCall(multiplexer).SendAsync(method, method.Arguments, args, cancellationToken);
    }

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RemoteStream<TArgs, Unit, TItem>(
            multiplexer,
            streamWindow,
            new StreamingCallInfo<TArgs, Unit, TItem>(method, method.Arguments, args, method.Item, null, null, cancellationToken));

    public override ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new UploadCall<TService, TArgs, TItem, TResult>(multiplexer, method).RunAsync(args, items, cancellationToken);
    }

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RemoteStream<TArgs, TItem, TResultItem>(
            multiplexer,
            streamWindow,
            new StreamingCallInfo<TArgs, TItem, TResultItem>(method, method.Arguments, args, method.ResultItem, method.Item, items, cancellationToken));
    }

    /// <summary>The usual case: one frame, no waiting, no allocation.</summary>
    private bool TryStart<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method,
        TArgs args,
        CancellationToken cancellationToken,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out UnaryCall<TResult>? call)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        call = UnaryCall<TResult>.Rent(multiplexer, method, method.Result);
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        bool opened = false;
        try
        {
            CallBody.Write(buffer, method, method.Arguments, args);
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
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        UnaryCall<TResult> call = UnaryCall<TResult>.Rent(multiplexer, method, method.Result);
        MessageBuffer buffer = MessageBuffer.Rent(multiplexer.OutgoingMessageLimit);
        bool opened = false;
        try
        {
            CallBody.Write(buffer, method, method.Arguments, args);
            await multiplexer.OpenAsync(call, FrameFlags.End, buffer.Written, cancellationToken).ConfigureAwait(false);
            opened = true;
        }
        finally
        {
            buffer.Return();
            if (!opened)
            {
                multiplexer.TryCancel(call, TunnelStatus.Cancelled);
            }
        }

        call.Watch(cancellationToken);
        return await new ValueTask<TResult>(call, call.Version).ConfigureAwait(false);
    }

    private async ValueTask InvokeVoidSlowAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
        where TService : class => await InvokeSlowAsync(method, args, cancellationToken).ConfigureAwait(false);
}
