using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Sends each call to several sessions. It supports only methods without a result and without streams. Thread-safe.</summary>
/// <param name="getTargets">Returns the current targets.</param>
/// <param name="options">The options of each call; null for none.</param>
internal sealed class BroadcastInvoker(Func<IReadOnlyList<BroadcastTarget>> getTargets, TunnelCallOptions? options) : TunnelInvoker
{
    internal override IReadOnlyList<BroadcastTarget> BroadcastTargets =>
        options is null ? getTargets() : [.. getTargets().Select(target => target with { Invoker = target.Invoker.With(options) })];

    public override TunnelInvoker With(TunnelCallOptions additional)
    {
        if (additional.Trailers is not null)
        {
            throw new ArgumentException(
                "One set of trailers cannot receive those of several sessions. "
                    + "Use InvokeEachAsync, with trailers for each session.",
                nameof(additional));
        }

        return new BroadcastInvoker(getTargets, options?.Merge(additional) ?? additional);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        InvokeAllAsync(method, target => target.InvokeVoidAsync(method, args, cancellationToken), cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        InvokeAllAsync(
            method, target => SendIgnoringUnavailableAsync(target.InvokeOneWayAsync(method, args, cancellationToken)), cancellationToken);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) =>
        throw CreateHasResultException(method);

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        throw CreateHasResultException(method);

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw CreateHasResultException(method);

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method,
        TArgs args,
        IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw CreateHasResultException(method);

    private async ValueTask InvokeAllAsync(TunnelMethod method, Func<TunnelInvoker, ValueTask> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<BroadcastTarget> all = BroadcastTargets;
        Exception?[] errors = await Task.WhenAll(all.Select(target => CaptureFailureAsync(target.Invoker, call))).ConfigureAwait(false);
        if (Array.TrueForAll(errors, error => error is null))
        {
            return;
        }

        // A cancellation by the caller is not reported as failures of the sessions.
        cancellationToken.ThrowIfCancellationRequested();
        var failures = new Dictionary<string, Exception>();
        for (int i = 0; i < errors.Length; i++)
        {
            if (errors[i] is { } error)
            {
                failures.Add(all[i].SessionId, error);
            }
        }

        throw new TunnelBroadcastException(method.FullName, all.Count, failures);
    }

    /// <summary>Makes one call and returns its failure, so that a failure does not stop the other calls.</summary>
    private static async Task<Exception?> CaptureFailureAsync(TunnelInvoker target, Func<TunnelInvoker, ValueTask> call)
    {
        try
        {
            await call(target).ConfigureAwait(false);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>Ignores a session that has ended: the caller of a one-way call does not learn whether it arrives.</summary>
    private static async ValueTask SendIgnoringUnavailableAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (TunnelException error) when (error.Status == TunnelStatus.Unavailable)
        {
        }
    }

    private static InvalidOperationException CreateHasResultException(TunnelMethod method) =>
        new($"{method} has a result or a stream, so one call cannot reach several sessions. "
            + "Call each session: stub.InvokeEachAsync(…) or Session(id).");
}
