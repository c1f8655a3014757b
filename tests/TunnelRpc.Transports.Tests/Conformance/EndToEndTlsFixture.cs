using TunnelRpc.Security;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>The connections of another fixture inside end-to-end TLS.</summary>
internal sealed class EndToEndTlsFixture : ITransportFixture, ITransport
{
    private readonly ITransportFixture _inner;
    private readonly TunnelServerTlsOptions _server = new() { Certificate = TestAuthority.Shared.IssueServer("tls.invalid") };
    private readonly TunnelClientTlsOptions _client = new();

    public EndToEndTlsFixture(ITransportFixture inner)
    {
        _inner = inner;
        _client.TrustedRoots.Add(TestAuthority.Shared.Root);
    }

    public ITransport Transport => this;

    public string Name => _inner.Transport.Name;

    public TunnelEndpoint Endpoint => _inner.Endpoint;

    public ValueTask<TunnelEndpoint> GetUnreachableEndpointAsync() => _inner.GetUnreachableEndpointAsync();

    public async ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
        await TlsDialer.DialAsync(await _inner.Transport.ConnectAsync(endpoint, cancellationToken), _client, "tls.invalid", cancellationToken);

    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken) =>
        (await TlsAcceptor.AcceptAsync(await _inner.AcceptAsync(cancellationToken), _server, cancellationToken)).Connection;

    public Task StopServerAsync() => _inner.StopServerAsync();

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
