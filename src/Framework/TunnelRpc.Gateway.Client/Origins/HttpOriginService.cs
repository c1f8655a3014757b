using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Gateway.Client.Origins;

/// <summary>Serves the origins of one client by their names. Thread-safe.</summary>
internal sealed class HttpOriginService : IHttpOrigin
{
    private readonly ConcurrentDictionary<string, IHttpOrigin> _origins = new(StringComparer.Ordinal);

    /// <summary>Sets the origin of a name.</summary>
    public void Set(string name, IHttpOrigin origin) => _origins[name] = origin;

    /// <inheritdoc/>
    public IAsyncEnumerable<HttpOriginPart> SendAsync(
        HttpOriginRequest request, IAsyncEnumerable<HttpOriginPart> body, CancellationToken cancellationToken) =>
        _origins.TryGetValue(request.Name, out IHttpOrigin? origin)
            ? origin.SendAsync(request, body, cancellationToken)
            : RefuseAsync(cancellationToken);

    // A method that returns a stream fails when the stream is enumerated, as an iterator does.
    private static async IAsyncEnumerable<HttpOriginPart> RefuseAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.FromException(
            new TunnelException(TunnelStatus.NotFound, "Expected the name of an origin of this client, got another. Claim it first."))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        yield break;
    }
}
