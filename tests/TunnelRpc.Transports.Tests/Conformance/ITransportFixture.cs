namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>What the conformance suite needs of a transport: a running server and a way to it.</summary>
internal interface ITransportFixture : IAsyncDisposable
{
    ITransport Transport { get; }

    TunnelEndpoint Endpoint { get; }

    /// <summary>An endpoint like <see cref="Endpoint"/> where nobody listens.</summary>
    ValueTask<TunnelEndpoint> GetUnreachableEndpointAsync();

    ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken);

    Task StopServerAsync();
}
