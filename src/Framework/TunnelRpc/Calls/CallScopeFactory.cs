namespace TunnelRpc.Calls;

/// <summary>Creates dependency-injection scopes for calls. Thread-safe.</summary>
internal abstract class CallScopeFactory
{
    /// <summary>The root service provider of the application.</summary>
    public abstract IServiceProvider RootServices { get; }

    /// <summary>Creates a scope for one call.</summary>
    /// <param name="caller">The peer whose call is served; null for an outgoing call.</param>
    /// <param name="services">The services of the scope.</param>
    /// <returns>The scope; the caller disposes it when the call has ended.</returns>
    public abstract IAsyncDisposable CreateScope(TunnelPeer? caller, out IServiceProvider services);
}
