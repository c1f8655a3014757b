using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>A transport whose attempts all fail with the same exception, for instance with the status of a response. Thread-safe.</summary>
/// <param name="name">The name of the transport.</param>
/// <param name="createFailure">Creates the exception of an attempt.</param>
internal sealed class RespondingTransport(string name, Func<TransportException> createFailure) : ITransport
{
    private int _connects;

    public string Name => name;

    /// <summary>The number of attempts.</summary>
    public int Connects => Volatile.Read(ref _connects);

    /// <summary>A transport that gets a response with this status from the server.</summary>
    public static RespondingTransport FromServer(string name, int status) => new(
        name, () => new TransportException($"{name}: the response was {status}.") { HttpStatus = status, IsPermanent = status < 500 });

    /// <summary>A transport that gets a response with this status from a proxy, to CONNECT.</summary>
    public static RespondingTransport FromProxy(string name, int status) => new(
        name,
        () => new TransportException($"{name}: the proxy responded with {status}.")
        {
            HttpStatus = status,
            IsProxyResponse = true,
            IsPermanent = status < 500,
        });

    /// <summary>A transport that gets no response, which may be different later.</summary>
    public static RespondingTransport WithoutResponse(string name) => new(name, () => new TransportException($"{name}: no response."));

    public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connects);
        throw createFailure();
    }
}
