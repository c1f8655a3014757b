using Fleet.Contracts;
using TunnelRpc.Client;

namespace Fleet.Operators;

/// <summary>An operator's tunnel to the server.</summary>
internal sealed class OperatorConnection : IAsyncDisposable
{
    private readonly TunnelClient _tunnel;

    private OperatorConnection(TunnelClient tunnel) => _tunnel = tunnel;

    public IOperator Fleet => _tunnel.Get<IOperator>();

    public string? SessionId => _tunnel.SessionId;

    public static async Task<OperatorConnection> ConnectAsync(
        Uri server, Func<CancellationToken, ValueTask<string?>> accessTokenProvider, Uri? proxy, CancellationToken cancellationToken) =>
        new(await TunnelClient.ConnectAsync(
            server,
            options =>
            {
                options.Proxy = proxy;
                options.AccessTokenProvider = accessTokenProvider;
            },
            cancellationToken: cancellationToken));

    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();
}
