namespace TunnelRpc.Calls;

/// <summary>Runs every call on one instance, which stays its owner's.</summary>
internal sealed class InstanceActivator<TService>(TService instance) : ServiceActivator<TService>(instance.GetType())
    where TService : class
{
    public override TService Resolve(IncomingCall call, IServiceProvider? services) => instance;
}
