namespace TunnelRpc;

/// <summary>Extension methods of stubs. Thread-safe.</summary>
public static class TunnelStubExtensions
{
    /// <summary>
    /// Returns a stub of the same target whose calls use these options. Options that are null keep the value of <paramref name="stub"/>,
    /// which does not change.
    /// </summary>
    /// <param name="stub">A stub.</param>
    /// <param name="headers">The headers that are sent with each call.</param>
    /// <param name="timeout">The timeout of each call. More than zero and at most 30 days.</param>
    /// <param name="priority">The priority of the calls.</param>
    /// <param name="trailers">Receives the trailers of each call when it completes. Use an instance for one call at a time.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="stub"/> is an implementation and not a stub, or an option is out of its range.
    /// </exception>
    public static TService With<TService>(
        this TService stub,
        TunnelHeaders? headers = null,
        TimeSpan? timeout = null,
        TunnelPriority? priority = null,
        TunnelHeaders? trailers = null)
        where TService : class, ITunnelService<TService> =>
        stub.With(new TunnelCallOptions { Headers = headers, Timeout = timeout, Priority = priority, Trailers = trailers });

    /// <summary>
    /// Keeps a reference that was received as an argument valid after the call, until it is released or the session ends. Without it,
    /// calls on the reference fail with <see cref="TunnelStatus.NotFound"/> after that call has completed. Call it while the call runs.
    /// </summary>
    /// <returns><paramref name="stub"/>.</returns>
    /// <exception cref="InvalidOperationException">The stub is not a reference that was received as an argument or a result.</exception>
    public static TService Retain<TService>(this TService stub)
        where TService : class, ITunnelService<TService>
    {
        InvokerOf(stub).RetainReference();
        return stub;
    }

    /// <summary>
    /// Releases a reference that was received as a result, or as an argument that was retained. Do not call it afterwards. The owner
    /// disposes the object of a reference that it returned as a result, if the object is disposable. Releasing twice has no effect.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stub is not a reference that was received as an argument or a result.</exception>
    public static void Release<TService>(this TService stub)
        where TService : class, ITunnelService<TService> => InvokerOf(stub).ReleaseReference();

    /// <summary>
    /// Returns a stub of the same target whose calls use these options. Options that are null keep the value of the stub, which does not
    /// change.
    /// </summary>
    /// <inheritdoc cref="With{TService}(TService, TunnelHeaders?, TimeSpan?, TunnelPriority?, TunnelHeaders?)"/>
    public static TService With<TService>(this TService stub, TunnelCallOptions options)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return TService.TunnelDefinition.CreateStub(InvokerOf(stub).With(options));
    }

    /// <summary>
    /// Returns a broadcast stub of the same sessions with a policy for sessions that do not take its calls. <paramref name="stub"/> does
    /// not change.
    /// </summary>
    /// <param name="stub">A broadcast stub of <see cref="ITunnelClients{TCallback}"/>.</param>
    /// <param name="policy">The policy.</param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> is an implementation and not a stub.</exception>
    public static TService With<TService>(this TService stub, TunnelBroadcastPolicy policy)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(policy);
        return stub.With(new TunnelCallOptions { BroadcastPolicy = policy });
    }

    /// <summary>
    /// Calls each session of a broadcast stub concurrently and returns the result or the failure of each, in no particular order:
    /// <c>await agents.Group("eu").InvokeEachAsync((agent, token) => agent.VersionAsync(token))</c>. A failure at a session does not fail
    /// the task. If no session matches, the list is empty.
    /// </summary>
    /// <param name="stub">A broadcast stub of <see cref="ITunnelClients{TCallback}"/>. Its options apply to each call.</param>
    /// <param name="call">Makes one or more calls with the stub of one session. Invoked once for each session.</param>
    /// <param name="cancellationToken">Passed to every invocation of <paramref name="call"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> is not a broadcast stub.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before all calls had succeeded.</exception>
    public static Task<IReadOnlyList<TunnelBroadcastResult<TResult>>> InvokeEachAsync<TService, TResult>(
        this TService stub, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken = default)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(call);
        return InvokeTargetsAsync(BeginBroadcast(stub, cancellationToken), call, cancellationToken);
    }

    /// <summary>
    /// Calls each session of a broadcast stub concurrently and returns the result or the failure of each as they come:
    /// <c>await foreach (var version in agents.All.GatherAsync((agent, token) => agent.VersionAsync(token), TimeSpan.FromSeconds(5)))</c>.
    /// The calls start with the enumeration, and disposing the enumerator early cancels those that run. A failure at a session does not end
    /// the enumeration. If no session matches, it is empty.
    /// </summary>
    /// <param name="stub">A broadcast stub of <see cref="ITunnelClients{TCallback}"/>. Its options apply to each call.</param>
    /// <param name="call">Makes one or more calls with the stub of one session. Invoked once for each session.</param>
    /// <param name="timeout">
    /// The time for all sessions together. The result of a session that has not answered by then is the failure
    /// <see cref="TunnelStatus.DeadlineExceeded"/>, and its call is cancelled. More than zero and at most 30 days.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancels the calls; the enumeration then throws <see cref="OperationCanceledException"/>. So does the token of the enumerator.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="stub"/> is not a broadcast stub.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of its range.</exception>
    public static IAsyncEnumerable<TunnelBroadcastResult<TResult>> GatherAsync<TService, TResult>(
        this TService stub,
        Func<TService, CancellationToken, Task<TResult>> call,
        TimeSpan timeout,
        CancellationToken cancellationToken = default)
        where TService : class, ITunnelService<TService>
    {
        ArgumentNullException.ThrowIfNull(call);
        TunnelCallOptions.ValidateTimeout(timeout);
        BeginBroadcast(stub, CancellationToken.None).Dispose();
        return GatheredResults.EnumerateAsync(stub, call, timeout, cancellationToken);
    }

    /// <summary>Begins a call to the sessions of a broadcast stub.</summary>
    /// <exception cref="ArgumentException">The stub is not a broadcast stub.</exception>
    internal static BroadcastRun BeginBroadcast<TService>(TService stub, CancellationToken cancellationToken)
        where TService : class =>
        InvokerOf(stub).BeginBroadcast(cancellationToken)
        ?? throw new ArgumentException(
            "Expected a broadcast stub (All, Group, User, Except or Where), got a stub with a single target. Call its methods directly.",
            nameof(stub));

    private static async Task<IReadOnlyList<TunnelBroadcastResult<TResult>>> InvokeTargetsAsync<TService, TResult>(
        BroadcastRun run, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
        where TService : class, ITunnelService<TService>
    {
        using (run)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task<TunnelBroadcastResult<TResult>>[] calls =
                [.. Enumerable.Range(0, run.Targets.Count).Select(i => InvokeOneAsync(run, i, call, run.GetToken(i)))];
            run.OnStarted();
            TunnelBroadcastResult<TResult>[] results = await Task.WhenAll(calls).ConfigureAwait(false);
            if (results.Any(r => !r.IsSuccess))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return results;
        }
    }

    /// <summary>Calls one session. Every exception becomes the result's <see cref="TunnelBroadcastResult{TResult}.Error"/>.</summary>
    internal static async Task<TunnelBroadcastResult<TResult>> InvokeOneAsync<TService, TResult>(
        BroadcastRun run, int index, Func<TService, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
        where TService : class, ITunnelService<TService>
    {
        BroadcastTarget target = run.Targets[index];
        try
        {
            TService stub = TService.TunnelDefinition.CreateStub(target.Invoker);
            TResult result = await call(stub, cancellationToken).ConfigureAwait(false);
            run.OnEnded(index, null);
            return new TunnelBroadcastResult<TResult>(target.SessionId, result, null);
        }
        catch (Exception error)
        {
            return new TunnelBroadcastResult<TResult>(target.SessionId, default, run.OnEnded(index, error));
        }
    }

    private static TunnelInvoker InvokerOf<TService>(TService stub)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(stub);
        return stub is ITunnelStub remote
            ? remote.Invoker
            : throw new ArgumentException(
                $"Expected a stub of {typeof(TService)}, got {stub.GetType()}. "
                + "Only stubs have call options, and only received references can be retained or released.",
                nameof(stub));
    }
}
