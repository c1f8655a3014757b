namespace TunnelRpc.Calls;

/// <summary>Resolves the implementation that a call runs on. Thread-safe.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <param name="implementation">The class of the implementation; null when it is not known in advance.</param>
internal abstract class ServiceActivator<TService>(Type? implementation)
    where TService : class
{
    /// <summary>The class of the implementation; null when it is not known in advance.</summary>
    public Type? Implementation => implementation;

    /// <summary>Whether calls need a context: false only when the class has <see cref="NoCallContextAttribute"/>.</summary>
    public bool ShouldProvideContext { get; } = implementation?.IsDefined(typeof(NoCallContextAttribute), inherit: false) is not true;

    /// <summary>Creates the scope of the implementation.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">The services of the scope; null when there is no scope.</param>
    /// <returns>The scope, which the caller disposes when the call has ended; null for none.</returns>
    public virtual IAsyncDisposable? CreateScope(IncomingCall call, out IServiceProvider? services)
    {
        services = null;
        return null;
    }

    /// <summary>Returns the implementation.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">The services of the scope; null when there is no scope.</param>
    public abstract TService Resolve(IncomingCall call, IServiceProvider? services);
}
