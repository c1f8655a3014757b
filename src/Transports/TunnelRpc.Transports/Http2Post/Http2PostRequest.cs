using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>The POST, whose body stays open when its answer has come. It ends with its client.</summary>
internal sealed class Http2PostRequest(HttpDialer dialer, TunnelEndpoint endpoint) : IDisposable
{
    private readonly StreamingContent _content = new();

    // Only cancelled, never disposed: the request listens to it for as long as its body is open.
    private readonly CancellationTokenSource _abort = new();

    /// <summary>Completes with the body to write to; when the answer has come.</summary>
    public Task<Stream> GetBodyStreamAsync() => _content.GetStreamAsync();

    /// <summary>Sends it; the answer is given as soon as its head is there. The token ends this only, not the body later on.</summary>
    public async Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Post, endpoint.Address, HttpVersion.Version20);
        request.Content = _content;
        request.Headers.TryAddWithoutValidation(HttpHeaderValues.VersionHeader, HttpHeaderValues.Version);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _abort);
        try
        {
            return await dialer.SendAsync(request, _abort.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("Connecting was cancelled.", exception, cancellationToken);
        }
        finally
        {
            registration.Unregister();
        }
    }

    /// <summary>Ends the body in order.</summary>
    public void CompleteBody() => _content.Complete();

    /// <summary>Ends the request with what of it is pending.</summary>
    public void Dispose() => _abort.Cancel();
}
