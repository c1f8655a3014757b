namespace TunnelRpc.Calls;

/// <summary>The application's services, as calls see them. Thread-safe.</summary>
internal abstract class CallScopeFactory
{
    /// <summary>Those of the application itself.</summary>
    public abstract IServiceProvider RootServices { get; }

    /// <summary>Makes a scope for one call.</summary>
    /// <param name="caller">Whose call is served in it; null for a call that this side makes.</param>
    /// <param name="services">The scope's services.</param>
    /// <returns>What to dispose when the call is over.</returns>
    public abstract IAsyncDisposable CreateScope(TunnelPeer? caller, out IServiceProvider services);
}
