namespace TunnelRpc.Calls;

/// <summary>Runs a call on the object that it names.</summary>
internal sealed class ReferenceActivator<TService> : ServiceActivator<TService>
    where TService : class
{
    public static readonly ReferenceActivator<TService> Instance = new();

    public override TService Activate(InboundCall call, out IAsyncDisposable? scope)
    {
        scope = null;
        return (TService)call.Reference!.Target;
    }
}
