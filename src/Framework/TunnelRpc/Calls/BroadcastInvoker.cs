using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Carries calls without a result to several targets at once.</summary>
/// <param name="getTargets">Gives those of now.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
internal sealed class BroadcastInvoker(Func<IReadOnlyList<BroadcastTarget>> getTargets, TunnelCallOptions? options) : TunnelInvoker
{
    internal override IReadOnlyList<BroadcastTarget> BroadcastTargets =>
        options is null ? getTargets() : [.. getTargets().Select(target => target with { Invoker = target.Invoker.With(options) })];

    public override TunnelInvoker With(TunnelCallOptions additional)
    {
        if (additional.Trailers is not null)
        {
            throw new ArgumentException("One set of trailers cannot take those of several sessions: ask for them at each, in InvokeEachAsync.", nameof(additional));
        }

        return new BroadcastInvoker(getTargets, options?.Merge(additional) ?? additional);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        InvokeAllAsync(method, target => target.InvokeVoidAsync(method, args, cancellationToken), cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        InvokeAllAsync(method, target => SendIgnoringUnavailableAsync(target.InvokeOneWayAsync(method, args, cancellationToken)), cancellationToken);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) => throw CreateHasResultException(method);

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) => throw CreateHasResultException(method);

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw CreateHasResultException(method);

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw CreateHasResultException(method);

    private async ValueTask InvokeAllAsync(TunnelMethod method, Func<TunnelInvoker, ValueTask> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<BroadcastTarget> all = BroadcastTargets;
        Exception?[] errors = await Task.WhenAll(all.Select(target => CaptureFailureAsync(target.Invoker, call))).ConfigureAwait(false);
        if (Array.TrueForAll(errors, error => error is null))
        {
            return;
        }

        // The caller's own doing is no failure of theirs.
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

    /// <summary>Whatever one call fails with, the others are made; all that failed is told together.</summary>
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

    /// <summary>Who makes a one-way call does not learn whether it arrived; that its receiver has gone is no more to it.</summary>
    private static async ValueTask SendIgnoringUnavailableAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (TunnelException gone) when (gone.Status == TunnelStatus.Unavailable)
        {
        }
    }

    private static InvalidOperationException CreateHasResultException(TunnelMethod method) =>
        new($"{method} has a result or a stream, so it cannot be called on several sessions as if they were one. Call it on each: stub.InvokeEachAsync(…), or Session(id).");
}
