using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>A transport that tells how far its attempt is.</summary>
internal sealed class ObservedTransport(ITransport transport, Action<string, string> onProgress) : ITransport
{
    public string Name => transport.Name;

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        onProgress(Name, "opening");
        try
        {
            ITransportConnection connection = await transport.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            onProgress(Name, "open, proving that bytes flow");
            return connection;
        }
        catch
        {
            onProgress(Name, "failed");
            throw;
        }
    }
}
