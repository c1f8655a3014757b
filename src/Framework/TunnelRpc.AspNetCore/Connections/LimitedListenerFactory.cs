using System.Net;
using Microsoft.AspNetCore.Connections;

namespace TunnelRpc.AspNetCore.Connections;

/// <summary>Creates listeners that accept a connection only when there is a slot for it. Thread-safe.</summary>
internal sealed class LimitedListenerFactory(IConnectionListenerFactory inner, ConnectionSlots slots)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener listener = await inner.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
        slots.Initialize();
        return new LimitedListener(listener, slots);
    }
}
