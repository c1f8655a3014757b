namespace TunnelRpc;

/// <summary>What can be asked of any stub.</summary>
public static class TunnelStubExtensions
{
    /// <summary>A stub of the same target whose calls carry these options; what is not given stays as it is. The stub itself does not change.</summary>
    /// <param name="stub">A stub.</param>
    /// <param name="headers">What travels with each call.</param>
    /// <param name="timeout">How long each call may take, at most 30 days.</param>
    /// <param name="priority">The calls' priority.</param>
    /// <param name="trailers">Receives the trailers of each call when it has ended: for one call at a time.</param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> is no stub, but an implementation; or a value is out of its range.</exception>
    public static TService With<TService>(
        this TService stub,
        TunnelHeaders? headers = null,
        TimeSpan? timeout = null,
        TunnelPriority? priority = null,
        TunnelHeaders? trailers = null)
        where TService : class, ITunnelService<TService> =>
        stub.With(new TunnelCallOptions { Headers = headers, Timeout = timeout, Priority = priority, Trailers = trailers });

    /// <summary>
    /// Keeps a service that has come as an argument beyond the call that it came with, until it is released or the session
    /// ends. Without it, calls on it fail with <see cref="TunnelStatus.NotFound"/> once that call is over. To be called while it runs.
    /// </summary>
    /// <returns>The stub itself.</returns>
    /// <exception cref="InvalidOperationException">The stub is no such reference.</exception>
    public static TService Retain<TService>(this TService stub)
        where TService : class, ITunnelService<TService>
    {
        InvokerOf(stub).RetainReference();
        return stub;
    }

    /// <summary>
    /// Releases a service that has come as a result, or as an argument that was kept: nothing is called on it any more. One
    /// that came as a result is disposed at its owner, if it can be. Releasing it again does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stub is no such reference.</exception>
    public static void Release<TService>(this TService stub)
        where TService : class, ITunnelService<TService> => InvokerOf(stub).ReleaseReference();

    /// <summary>A stub of the same target whose calls carry these options; those that are null stay as they are.</summary>
    /// <inheritdoc cref="With{TService}(TService, TunnelHeaders?, TimeSpan?, TunnelPriority?, TunnelHeaders?)"/>
    public static TService With<TService>(this TService stub, TunnelCallOptions options)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return TService.TunnelDefinition.CreateStub(InvokerOf(stub).With(options));
    }

    /// <summary>
    /// Calls each session of a stub that stands for several, all at once, and gives how each call ended, in no particular order:
    /// <c>await agents.Group("eu").InvokeEachAsync((agent, token) => agent.VersionAsync(token))</c>. That some calls fail is no
    /// failure of this one; nobody there gives nothing.
    /// </summary>
    /// <param name="stub">A stub of several sessions, out of <see cref="ITunnelClients{TCallback}"/>; its options hold for each.</param>
    /// <param name="call">Makes one call, or more, with the stub of one session.</param>
    /// <param name="cancellationToken">Given to every call.</param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> does not stand for several sessions.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before all calls had ended.</exception>
    public static Task<IReadOnlyList<TunnelBroadcastResult<TResult>>> InvokeEachAsync<TService, TResult>(
        this TService stub, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken = default)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(call);
        IReadOnlyList<BroadcastTarget> targets = InvokerOf(stub).BroadcastTargets
            ?? throw new ArgumentException("Expected a stub of several sessions (All, Group, Except or Where), got one of a single target: call that itself.", nameof(stub));
        return InvokeTargetsAsync(targets, call, cancellationToken);
    }

    private static async Task<IReadOnlyList<TunnelBroadcastResult<TResult>>> InvokeTargetsAsync<TService, TResult>(
        IReadOnlyList<BroadcastTarget> targets, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
        where TService : class, ITunnelService<TService>
    {
        cancellationToken.ThrowIfCancellationRequested();
        TunnelBroadcastResult<TResult>[] outcomes = await Task.WhenAll(targets.Select(target => InvokeOneAsync(target, call, cancellationToken))).ConfigureAwait(false);
        if (outcomes.Any(o => !o.IsSuccess))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return outcomes;
    }

    /// <summary>Whatever the call fails with is its outcome.</summary>
    private static async Task<TunnelBroadcastResult<TResult>> InvokeOneAsync<TService, TResult>(
        BroadcastTarget target, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
        where TService : class, ITunnelService<TService>
    {
        try
        {
            TService stub = TService.TunnelDefinition.CreateStub(target.Invoker);
            return new TunnelBroadcastResult<TResult>(target.SessionId, await call(stub, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception error)
        {
            return new TunnelBroadcastResult<TResult>(target.SessionId, default, error);
        }
    }

    private static TunnelInvoker InvokerOf<TService>(TService stub)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(stub);
        return stub is ITunnelStub remote
            ? remote.Invoker
            : throw new ArgumentException($"Expected a stub of {typeof(TService)}, got {stub.GetType()}: only calls through a tunnel have options, and only what has come through one is kept or released.", nameof(stub));
    }
}
