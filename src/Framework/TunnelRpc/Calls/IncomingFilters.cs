namespace TunnelRpc.Calls;

/// <summary>The filters of one method that this side serves. Thread-safe.</summary>
/// <param name="Pipeline">The filters.</param>
/// <param name="ScopeFactory">Creates the scope of the filters when the implementation has none; null without dependency injection.</param>
/// <param name="Activator">Resolves the implementation.</param>
/// <param name="Invoke">Calls the implementation.</param>
/// <param name="ObserveStreamEnd">Adds an observer of the end to the stream that the method returns; null when it returns none.</param>
internal sealed record IncomingFilters<TService, TArgs, TInput, TResult>(
    FilterPipeline Pipeline,
    CallScopeFactory? ScopeFactory,
    ServiceActivator<TService> Activator,
    Func<TService, TArgs, TInput, CancellationToken, ValueTask<TResult>> Invoke,
    Func<TResult, Action<Exception?>, TResult>? ObserveStreamEnd = null)
    where TService : class
{
    /// <summary>Runs one call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="context">The context of the call, which the implementation sees.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that the method takes.</param>
    /// <param name="scope">
    /// The scope; the caller disposes it when the call has ended. Null for none. Set before an exception is thrown.
    /// </param>
    public ValueTask<TResult> RunAsync(IncomingCall call, TunnelCallContext context, TArgs args, TInput input, out IAsyncDisposable? scope)
    {
        scope = Activator.CreateScope(call, out IServiceProvider? implementation);
        IServiceProvider? services = implementation ?? ScopeFactory?.RootServices;
        if (scope is null && Pipeline.NeedsScope && ScopeFactory is not null)
        {
            scope = ScopeFactory.CreateScope(call.Peer, out services);
        }

        var filtered = new IncomingFilteredCall<TService, TArgs, TInput, TResult>(this, call, context, implementation, args, input)
        {
            Services = services,
        };
        return filtered.RunAsync(Pipeline);
    }
}
