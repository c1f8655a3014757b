using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Carries calls without a result to several targets at once.</summary>
/// <param name="targets">Gives those of now.</param>
/// <param name="options">What holds for each call; null for nothing.</param>
internal sealed class BroadcastInvoker(Func<IReadOnlyList<BroadcastTarget>> targets, TunnelCallOptions? options) : TunnelInvoker
{
    internal override IReadOnlyList<BroadcastTarget> Targets =>
        options is null ? targets() : [.. targets().Select(target => target with { Invoker = target.Invoker.With(options) })];

    public override TunnelInvoker With(TunnelCallOptions more)
    {
        if (more.Trailers is not null)
        {
            throw new ArgumentException("One set of trailers cannot take those of several sessions: ask for them at each, in InvokeEachAsync.", nameof(more));
        }

        return new BroadcastInvoker(targets, options?.Merge(more) ?? more);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        AllAsync(method, target => target.InvokeVoidAsync(method, args, cancellationToken), cancellationToken);

    public override ValueTask SendAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        AllAsync(method, target => SendUnlessGoneAsync(target.SendAsync(method, args, cancellationToken)), cancellationToken);

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken) => throw HasResult(method);

    public override IAsyncEnumerable<TItem> StreamAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) => throw HasResult(method);

    public override ValueTask<TResult> UploadAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw HasResult(method);

    public override IAsyncEnumerable<TResultItem> ExchangeAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items, CancellationToken cancellationToken) => throw HasResult(method);

    private async ValueTask AllAsync(TunnelMethod method, Func<TunnelInvoker, ValueTask> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<BroadcastTarget> all = Targets;
        Exception?[] errors = await Task.WhenAll(all.Select(target => TryAsync(target.Invoker, call))).ConfigureAwait(false);
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
    private static async Task<Exception?> TryAsync(TunnelInvoker target, Func<TunnelInvoker, ValueTask> call)
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
    private static async ValueTask SendUnlessGoneAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (TunnelException gone) when (gone.Status == TunnelStatus.Unavailable)
        {
        }
    }

    private static InvalidOperationException HasResult(TunnelMethod method) =>
        new($"{method} has a result or a stream, so it cannot be called on several sessions as if they were one. Call it on each: stub.InvokeEachAsync(…), or Session(id).");
}
