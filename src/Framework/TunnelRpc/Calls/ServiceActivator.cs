namespace TunnelRpc.Calls;

/// <summary>Gives the implementation that a call runs on. Thread-safe.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <param name="implementation">The class that calls run on; null where it is not known beforehand.</param>
internal abstract class ServiceActivator<TService>(Type? implementation)
    where TService : class
{
    /// <summary>Whether the class looks at the context of its calls.</summary>
    public bool ShouldProvideContext { get; } = implementation?.IsDefined(typeof(NoCallContextAttribute), inherit: false) is not true;

    /// <summary>Makes the scope that the implementation lives in.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">The scope's services; null when there is none.</param>
    /// <returns>What to dispose when the call is over; null for nothing.</returns>
    public virtual IAsyncDisposable? CreateScope(IncomingCall call, out IServiceProvider? services)
    {
        services = null;
        return null;
    }

    /// <summary>Gives the implementation.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">Those of the scope; null when there is none.</param>
    public abstract TService Resolve(IncomingCall call, IServiceProvider? services);
}
