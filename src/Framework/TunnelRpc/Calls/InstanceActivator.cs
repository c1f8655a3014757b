namespace TunnelRpc.Calls;

/// <summary>Resolves one instance for every call. Its owner disposes it. Thread-safe.</summary>
internal sealed class InstanceActivator<TService>(TService instance) : ServiceActivator<TService>(instance.GetType())
    where TService : class
{
    /// <inheritdoc/>
    public override TService Resolve(IncomingCall call, IServiceProvider? services) => instance;
}
