using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Sends each call to several sessions. It supports only methods without a result and without streams. Thread-safe.</summary>
/// <param name="getMembers">Returns the current sessions.</param>
/// <param name="options">The options of each call; null for none.</param>
/// <param name="defaultPolicy">The policy of a stub that sets none.</param>
/// <param name="timeProvider">The clock of the server.</param>
internal sealed class BroadcastInvoker(
    Func<IReadOnlyList<BroadcastMember>> getMembers,
    TunnelCallOptions? options,
    TunnelBroadcastPolicy defaultPolicy,
    TimeProvider timeProvider) : TunnelInvoker
{
    private TunnelBroadcastPolicy Policy => options?.BroadcastPolicy ?? defaultPolicy;

    internal override BroadcastRun BeginBroadcast(CancellationToken cancellationToken)
    {
        IReadOnlyList<BroadcastMember> members = getMembers();
        return new MonitoredBroadcast(
            options is null ? members : [.. members.Select(m => m with { Invoker = m.Invoker.With(options) })],
            Policy,
            timeProvider,
            cancellationToken);
    }

    public override TunnelInvoker With(TunnelCallOptions additional)
    {
        if (additional.Trailers is not null)
        {
            throw new ArgumentException(
                "One set of trailers cannot receive those of several sessions. "
                    + "Use InvokeEachAsync, with trailers for each session.",
                nameof(additional));
        }

        return new BroadcastInvoker(getMembers, options?.Merge(additional) ?? additional, defaultPolicy, timeProvider);
    }

    public override ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        options?.BroadcastPolicy is { IsAwaited: false } policy
            ? throw new InvalidOperationException(
                $"Expected a one-way method for the policy {policy}, which drops calls, got {method}, which has a reply. "
                + "Add [OneWay] to it, or use the policy Wait or Disconnect.")
            : InvokeAllAsync(method, args, cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService, TArgs>(
        OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        try
        {
            return new OneWayBroadcast<TService, TArgs>(method, args, options, Policy, timeProvider)
                .RunAsync(getMembers(), cancellationToken);
        }
        catch (Exception error)
        {
            // Like an async method: the exception is in the task.
            return ValueTask.FromException(error);
        }
    }

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

    private async ValueTask InvokeAllAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken)
        where TService : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        using BroadcastRun run = BeginBroadcast(cancellationToken);
        Task<Exception?>[] calls = [.. Enumerable.Range(0, run.Targets.Count).Select(i => CaptureFailureAsync(run, i, method, args))];
        run.OnStarted();
        Exception?[] errors = await Task.WhenAll(calls).ConfigureAwait(false);
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
                failures.Add(run.Targets[i].SessionId, error);
            }
        }

        throw new TunnelBroadcastException(method.FullName, run.Targets.Count, failures);
    }

    /// <summary>Makes one call and returns its failure, so that a failure does not stop the other calls.</summary>
    private static async Task<Exception?> CaptureFailureAsync<TService, TArgs>(
        BroadcastRun run, int index, UnaryMethod<TService, TArgs, Unit> method, TArgs args)
        where TService : class
    {
        try
        {
            await run.Targets[index].Invoker.InvokeVoidAsync(method, args, run.GetToken(index)).ConfigureAwait(false);
            return run.OnEnded(index, null);
        }
        catch (Exception error)
        {
            return run.OnEnded(index, error);
        }
    }

    private static InvalidOperationException CreateHasResultException(TunnelMethod method) =>
        new($"{method} has a result or a stream, so one call cannot reach several sessions. "
            + "Call each session: stub.InvokeEachAsync(…) or Session(id).");
}
