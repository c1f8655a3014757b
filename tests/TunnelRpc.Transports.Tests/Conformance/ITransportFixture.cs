namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>A transport with a running server, for the conformance suite.</summary>
internal interface ITransportFixture : IAsyncDisposable
{
    ITransport Transport { get; }

    TunnelEndpoint Endpoint { get; }

    /// <summary>Returns an endpoint like <see cref="Endpoint"/> that refuses connections.</summary>
    ValueTask<TunnelEndpoint> GetUnreachableEndpointAsync();

    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken);

    Task StopServerAsync();
}
