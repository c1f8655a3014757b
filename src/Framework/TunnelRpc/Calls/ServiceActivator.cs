namespace TunnelRpc.Calls;

/// <summary>Gives the implementation that a call runs on. Thread-safe.</summary>
/// <typeparam name="TService">The contract.</typeparam>
internal abstract class ServiceActivator<TService>
    where TService : class
{
    /// <param name="call">The call.</param>
    /// <param name="scope">What to dispose when the call is over; null for nothing.</param>
    public abstract TService Activate(InboundCall call, out IAsyncDisposable? scope);
}
