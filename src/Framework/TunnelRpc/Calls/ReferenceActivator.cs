namespace TunnelRpc.Calls;

/// <summary>Runs a call on the object that it names.</summary>
internal sealed class ReferenceActivator<TService>() : ServiceActivator<TService>(null)
    where TService : class
{
    public static readonly ReferenceActivator<TService> Instance = new();

    public override TService Resolve(IncomingCall call, IServiceProvider? services) => (TService)call.Reference!.Target;
}
