using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Makes calls over one session. Thread-safe.</summary>
/// <param name="peer">The peer.</param>
/// <param name="options">The options of each call; null for none.</param>
/// <param name="reference">The object that is called, if the peer passed it by reference; null for the services of the peer.</param>
internal sealed class RemoteInvoker(TunnelPeer peer, TunnelCallOptions? options, ImportedReference? reference) : TunnelInvoker
{
    /// <summary>How long a one-way call waits for the release of references when the peer has too many.</summary>
    private static readonly TimeSpan MaxWaitForCapacity = TimeSpan.FromSeconds(5);

    /// <summary>The peer.</summary>
    public TunnelPeer Peer => peer;

    /// <summary>The id of the object that is called; 0 for the services of the peer.</summary>
    public long ReferenceId => reference?.Id ?? 0;

    private Multiplexer Multiplexer => peer.Multiplexer;

    public override TunnelInvoker With(TunnelCallOptions additional) =>
        new RemoteInvoker(peer, options?.Merge(additional) ?? additional, reference);

    internal override void RetainReference()
    {
        if (reference is null)
        {
            base.RetainReference();
        }
        else
        {
            reference.Retain();
        }
    }

    internal override void ReleaseReference()
    {
        if (reference is null)
        {
            base.ReleaseReference();
        }
        else
        {
            reference.Release();
        }
    }

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
            // Like an async method: the exception is in the task, so that a caller of several calls gets a task for each.
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
            // Like an async method: the exception is in the task, so that a caller of several calls gets a task for each.
            return ValueTask.FromException(error);
        }
    }

    public override async ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CallSettings? settings = CallSettings.Resolve(options, method, ReferenceId, queues: null);
        using CallTimeout? timeout = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);

        // The end of a one-way call is not reported, so the objects that it passes live until the peer releases them.
        CallReferences? references = method.HasReferences ? new CallReferences(peer, transfersOwnership: true, 0) : null;
        try
        {
            CancellationToken token = timeout?.Token ?? cancellationToken;
            if (references is not null)
            {
                await peer.ExportedReferences.WaitForCapacityAsync(MaxWaitForCapacity, token).ConfigureAwait(false);
            }

            await new OneWayCall(Multiplexer).SendAsync(method, method.ArgumentsFormatter, args, settings, references, token)
                .ConfigureAwait(false);
            references = null;
        }
        catch (OperationCanceledException cancelled) when (timeout is not null)
        {
            throw timeout.TranslateCancellation(cancelled, wasSent: false);
        }
        finally
        {
            // The call was not sent, so the peer has none of the references.
            references?.End(includeTransferred: true);
            GC.KeepAlive(reference);
        }
    }

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        new RemoteItemStream<TArgs, Unit, TItem>(
            new StreamingCallInfo<TArgs, Unit, TItem>(
                method, method.ArgumentsFormatter, args, method.ItemFormatter, null, null, options, peer, ReferenceId, cancellationToken),
            reference);

    public override async ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        CallSettings? settings = CallSettings.Resolve(options, method, ReferenceId, peer.OrderedQueues);
        using WaitForEdge? wait = peer.BeginOrderedWait(method, settings);
        using CallTimeout? timeout = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = CreateReferences(method);
        var call = new ClientStreamingCall<TService, TArgs, TItem, TResult>(Multiplexer, method, settings, references);
        try
        {
            CancellationToken token = timeout?.Token ?? cancellationToken;
            await WaitForCollectionAsync(references, token).ConfigureAwait(false);
            return await EndReferencesAfterReplyAsync(call.RunAsync(args, items, token), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (timeout is not null)
        {
            throw timeout.TranslateCancellation(cancelled, call.IsSent);
        }
        finally
        {
            references?.End();
            GC.KeepAlive(reference);
        }
    }

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new RemoteItemStream<TArgs, TItem, TResultItem>(
            new StreamingCallInfo<TArgs, TItem, TResultItem>(
                method,
                method.ArgumentsFormatter,
                args,
                method.ResultItemFormatter,
                method.ItemFormatter,
                items,
                options,
                peer,
                ReferenceId,
                cancellationToken),
            reference);
    }

    /// <summary>
    /// Whether a call may use <see cref="TryStart"/>: it has no settings and no references, and is not under ordered dispatch.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="settings">The settings of the call; null for none.</param>
    /// <exception cref="TunnelException">DeadlineExceeded: the deadline of the call that is served now has passed.</exception>
    public bool CanUseFastPath(TunnelMethod method, out CallSettings? settings)
    {
        settings = CallSettings.Resolve(options, method, ReferenceId, peer.OrderedQueues);
        return settings is null && !method.HasReferences && !method.IsOrdered;
    }

    /// <summary>
    /// The fast path: sends the call in one frame, without waiting and without an allocation. False when it would have to wait or does not
    /// fit into one frame. <paramref name="call"/> returns to its pool when the result is false, and when an exception is thrown.
    /// </summary>
    /// <exception cref="TunnelException">
    /// The session has ended or drains, or the arguments are too large. The call was not sent.
    /// </exception>
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

    /// <summary>Starts a call on the fast path; null when it must take the slow path.</summary>
    private UnaryCall<TResult>? Start<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
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
        using CallTimeout? timeout = CallTimeout.Start(settings, method, peer.Options.TimeProvider, cancellationToken);
        CallReferences? references = CreateReferences(method);
        bool isSent = false;
        try
        {
            CancellationToken token = timeout?.Token ?? cancellationToken;
            await WaitForCollectionAsync(references, token).ConfigureAwait(false);

            // A call whose opening fails does not return to the pool, because the peer may still reply to it.
            UnaryCall<TResult> call = UnaryCall<TResult>.Rent(Multiplexer, method, method.ResultFormatter, settings?.Trailers, references);
            await Multiplexer.OpenCallAsync(call, method, method.ArgumentsFormatter, args, FrameFlags.End, settings, references, token)
                .ConfigureAwait(false);
            isSent = true;
            call.RegisterCancellation(token);
            return await EndReferencesAfterReplyAsync(new ValueTask<TResult>(call, call.Version), references, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (timeout is not null)
        {
            throw timeout.TranslateCancellation(cancelled, isSent);
        }
        finally
        {
            references?.End();
            GC.KeepAlive(reference);
        }
    }

    private async ValueTask InvokeVoidSlowAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CallSettings? settings, CancellationToken cancellationToken)
        where TService : class => await InvokeSlowAsync(method, args, settings, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Awaits the reply. If the peer has replied, streams and progress objects that were passed with the call are no longer used when this
    /// returns.
    /// </summary>
    private async ValueTask<TResult> EndReferencesAfterReplyAsync<TResult>(
        ValueTask<TResult> call, CallReferences? references, CancellationToken cancellationToken)
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
            if (error.Status == TunnelStatus.ResourceExhausted)
            {
                // The peer may have as many references as it allows, some of which are garbage of this side.
                peer.ImportedReferences.CollectAfterRefusal();
            }

            await references.EndAndWaitUntilIdleAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        await references.EndAndWaitUntilIdleAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>A call that may receive references waits while garbage that holds too many of them is collected.</summary>
    private ValueTask WaitForCollectionAsync(CallReferences? references, CancellationToken cancellationToken) =>
        references is not null && peer.ImportedReferences.IsUnderPressure
            ? peer.ImportedReferences.WaitForCollectionAsync(cancellationToken)
            : default;

    private CallReferences? CreateReferences(TunnelMethod method) =>
        method.HasReferences ? new CallReferences(peer, transfersOwnership: false, 0) : null;
}
