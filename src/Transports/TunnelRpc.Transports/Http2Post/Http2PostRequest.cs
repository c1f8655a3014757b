using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// The POST request. Its body stays open after the response's head has arrived. The caller disposes the dialer, which ends the request.
/// </summary>
internal sealed class Http2PostRequest(HttpDialer dialer, TunnelEndpoint endpoint) : IDisposable
{
    private readonly StreamingContent _content = new();

    // Never disposed, only cancelled: the request uses its token until the body has ended.
    private readonly CancellationTokenSource _abort = new();

    /// <summary>Returns the stream to write the body to. Call it after the response has arrived.</summary>
    public Task<Stream> GetBodyStreamAsync() => _content.GetStreamAsync();

    /// <summary>
    /// Sends the request and returns the response when its head has arrived. The token cancels this operation only, not the body
    /// afterwards.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Post, endpoint.Address, HttpVersion.Version20);
        request.Content = _content;
        request.Headers.TryAddWithoutValidation(HttpHeaderValues.VersionHeader, HttpHeaderValues.Version);
        request.Headers.TryAddWithoutValidation(StreamProbe.HeaderName, StreamProbe.HeaderValue);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), _abort);
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

    /// <summary>Ends the body in an orderly way.</summary>
    public void CompleteBody() => _content.Complete();

    /// <summary>Aborts the request and its pending operations.</summary>
    public void Dispose() => _abort.Cancel();
}
