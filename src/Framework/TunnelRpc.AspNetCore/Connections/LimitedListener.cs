using System.Net;
using Microsoft.AspNetCore.Connections;

namespace TunnelRpc.AspNetCore.Connections;

/// <summary>
/// A listener that leaves connections in the backlog of the operating system while there is no slot: there they use no descriptor of the
/// process, and the system refuses those for which the backlog has no capacity.
/// </summary>
internal sealed class LimitedListener(IConnectionListener inner, ConnectionSlots slots) : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();

    public EndPoint EndPoint => inner.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using (var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _unbound.Token))
        {
            try
            {
                await slots.AcquireAsync(linked.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }

        ConnectionContext? connection = null;
        try
        {
            connection = await inner.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (connection is null)
            {
                slots.Release();
            }
        }

        return connection is null ? null : new LimitedConnection(connection, slots);
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync().ConfigureAwait(false);
        await inner.UnbindAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        _unbound.Dispose();
    }
}
