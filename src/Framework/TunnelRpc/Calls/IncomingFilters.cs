namespace TunnelRpc.Calls;

/// <summary>The filters around an implementation's method. Thread-safe.</summary>
/// <param name="Pipeline">The filters.</param>
/// <param name="ScopeFactory">Where scopes come from when the implementation has none; null without dependency injection.</param>
/// <param name="Activator">Gives the implementation.</param>
/// <param name="Invoke">Calls the implementation.</param>
/// <param name="ObserveStreamEnd">Wraps a stream that comes back; null when there is none.</param>
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
    /// <param name="context">The call as its implementation sees it.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that is a parameter.</param>
    /// <param name="scope">What to dispose when the call is over; null for nothing. Set before anything is thrown.</param>
    public ValueTask<TResult> RunAsync(IncomingCall call, TunnelCallContext context, TArgs args, TInput input, out IAsyncDisposable? scope)
    {
        scope = Activator.CreateScope(call, out IServiceProvider? implementation);
        IServiceProvider? services = implementation ?? ScopeFactory?.RootServices;
        if (scope is null && Pipeline.NeedsScope && ScopeFactory is not null)
        {
            scope = ScopeFactory.CreateScope(call.Peer, out services);
        }

        return new IncomingFilteredCall<TService, TArgs, TInput, TResult>(this, call, context, implementation, args, input) { Services = services }.RunAsync(Pipeline);
    }
}
