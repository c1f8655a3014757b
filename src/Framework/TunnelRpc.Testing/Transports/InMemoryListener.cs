using System.Security.Claims;
using System.Threading.Channels;
using TunnelRpc.Transports;

namespace TunnelRpc.Testing.Transports;

/// <summary>Where the connections of <see cref="InMemoryTransport"/> arrive. Thread-safe. Disposal refuses later connects and closes those not accepted.</summary>
public sealed class InMemoryListener : IAsyncDisposable
{
    /// <summary>How many connections wait to be accepted before connects wait too.</summary>
    public const int Backlog = 128;

    private readonly Channel<ITransportConnection> _pending = Channel.CreateBounded<ITransportConnection>(Backlog);
    private readonly ClaimsPrincipal? _user;

    /// <summary>A listener whose connections are those of <paramref name="user"/>; null for nobody in particular.</summary>
    public InMemoryListener(ClaimsPrincipal? user = null) => _user = user;

    /// <summary>The next connection; the caller owns it.</summary>
    /// <exception cref="TransportException">The listener is disposed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
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

    /// <inheritdoc/>
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

    private static TransportException Refused(ChannelClosedException closed)
        => new("in-memory: the listener is disposed.", closed);
}
