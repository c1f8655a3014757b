using Fleet.Contracts;
using TunnelRpc.Client;

namespace Fleet.Operators;

/// <summary>An operator's tunnel to the server.</summary>
internal sealed class OperatorConnection : IAsyncDisposable
{
    private readonly TunnelClient _tunnel;

    private OperatorConnection(TunnelClient tunnel) => _tunnel = tunnel;

    public IOperator Fleet => _tunnel.Get<IOperator>();

    public static async Task<OperatorConnection> ConnectAsync(Uri server, string token, Uri? proxy, CancellationToken cancellationToken) =>
        new(await TunnelClient.ConnectAsync(
            server,
            options =>
            {
                options.Proxy = proxy;
                options.Headers["Authorization"] = "Bearer " + token;
            },
            cancellationToken: cancellationToken));

    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();
}
