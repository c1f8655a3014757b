using TunnelRpc.Transports.Connect;
using TunnelRpc.Transports.Tests.Servers;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Transports.Tests.Http;

/// <summary>The lifetime of an attempt's sockets.</summary>
public sealed class HttpDialerTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    // Shorter than the five seconds for which the HTTP client alone would continue to establish the connection.
    private readonly CancellationTokenSource _closeTimeout = new();

    public void Dispose()
    {
        _timeout.Dispose();
        _closeTimeout.Dispose();
    }

    [Theory]
    [InlineData("https")]
    [InlineData("http")]
    public async Task Attempt_cancelled_before_its_connection_is_ready_closes_its_socket(string scheme)
    {
        using RawServer server = new();
        using CancellationTokenSource attempt = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token);
        TunnelEndpoint endpoint = server.Endpoint;
        Task<ITransportConnection> connecting = scheme == "https"
            ? new UpgradeTransport().ConnectAsync(
                new TunnelEndpoint(new UriBuilder(endpoint.Address) { Scheme = "https" }.Uri), attempt.Token).AsTask()
            : new ConnectTransport().ConnectAsync(
                new TunnelEndpoint(new Uri("http://server.invalid/tunnel")) { Proxy = endpoint.Address }, attempt.Token).AsTask();
        using RawPeer peer = await server.AcceptAsync(_timeout.Token);
        await peer.ReadAsync(5, _timeout.Token);

        await attempt.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => connecting);

        _closeTimeout.CancelAfter(TimeSpan.FromSeconds(3));
        await peer.ReadToEndAsync(_closeTimeout.Token);
    }
}
