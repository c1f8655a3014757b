using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>A transport that reports the progress of its attempt. Thread-safe if <paramref name="onProgress"/> is.</summary>
/// <param name="transport">The transport.</param>
/// <param name="onProgress">Receives the transport's name and the progress.</param>
internal sealed class ObservedTransport(ITransport transport, Action<string, string> onProgress) : ITransport
{
    public string Name => transport.Name;

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        onProgress(Name, "opening");
        try
        {
            ITransportConnection connection = await transport.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            onProgress(Name, "open, handshake in progress");
            return connection;
        }
        catch
        {
            onProgress(Name, "failed");
            throw;
        }
    }
}
