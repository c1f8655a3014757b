using System.Security.Claims;
using System.Threading.Channels;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>Accepts the connections of <see cref="InMemoryTransport"/>.</summary>
/// <remarks>
/// <para>Thread-safety: all members are thread-safe.</para>
/// <para>Disposal: the code that creates the listener disposes it. Disposal refuses later connects and closes the connections that were
/// not accepted. Accepted connections stay open.</para>
/// </remarks>
public sealed class InMemoryListener : IAsyncDisposable
{
    /// <summary>The maximum number of connections that wait to be accepted. Further connects wait.</summary>
    public const int Backlog = 128;

    private readonly Channel<ITransportConnection> _pending = Channel.CreateBounded<ITransportConnection>(Backlog);
    private readonly ClaimsPrincipal? _user;

    /// <summary>Creates a listener.</summary>
    /// <param name="user">The user of all connections, as an authenticated HTTP request has one; null for none.</param>
    public InMemoryListener(ClaimsPrincipal? user = null) => _user = user;

    /// <summary>Waits for the next connection.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The server's side of the connection. The caller disposes it.</returns>
    /// <exception cref="TransportException">The listener is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _pending.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw Refused(closed);
        }
    }

    /// <summary>
    /// Refuses later connects and closes the connections that were not accepted. It may be called any number of times.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        while (_pending.Reader.TryRead(out ITransportConnection? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal async ValueTask<ITransportConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        InMemoryPipe up = new();
        InMemoryPipe down = new();
        InMemoryConnection server = new(up, down, new TransportConnectionInfo(InMemoryTransport.TransportName, "client", _user));
        try
        {
            await _pending.Writer.WriteAsync(server, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw Refused(closed);
        }

        return new InMemoryConnection(down, up, new TransportConnectionInfo(InMemoryTransport.TransportName, "server"));
    }

    private static TransportException Refused(ChannelClosedException closed) =>
        new("in-memory: the listener is disposed, so it accepts no connection.", closed);
}
