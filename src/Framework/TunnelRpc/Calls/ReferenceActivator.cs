namespace TunnelRpc.Calls;

/// <summary>Resolves the exported object that a call names. Thread-safe.</summary>
internal sealed class ReferenceActivator<TService>() : ServiceActivator<TService>(null)
    where TService : class
{
    /// <summary>The one instance.</summary>
    public static readonly ReferenceActivator<TService> Instance = new();

    /// <inheritdoc/>
    public override TService Resolve(IncomingCall call, IServiceProvider? services) => (TService)call.Reference!.Target;
}
