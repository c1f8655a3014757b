using System.Net;
using System.Net.Http.Headers;

namespace TunnelRpc.AspNetCore.Http;

/// <summary>
/// Names the limit when a response of a reverse-HTTP peer is larger than the client may buffer. Streams pass unchanged. Thread-safe.
/// </summary>
internal sealed class BufferedResponseHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.Content = new PeerContent(response.Content);
        return response;
    }

    /// <summary>
    /// The content of a response. The client buffers it by <see cref="SerializeToStreamAsync(Stream, TransportContext)"/>.
    /// </summary>
    private sealed class PeerContent : HttpContent
    {
        private readonly HttpContent _inner;

        public PeerContent(HttpContent inner)
        {
            _inner = inner;
            foreach (KeyValuePair<string, HeaderStringValues> header in inner.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            try
            {
                await _inner.CopyToAsync(stream, context, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
            {
                throw new HttpRequestException(
                    HttpRequestError.ConfigurationLimitExceeded,
                    "The response of the reverse-HTTP peer is larger than the client may buffer (limit MaxResponseContentBufferSize of "
                        + "ReverseHttpPeer.Client). Read it as a stream, with HttpCompletionOption.ResponseHeadersRead, or raise it.",
                    error);
            }
        }

        protected override Task<Stream> CreateContentReadStreamAsync() => _inner.ReadAsStreamAsync();

        protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            _inner.ReadAsStreamAsync(cancellationToken);

        protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => _inner.ReadAsStream(cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = _inner.Headers.ContentLength ?? 0;
            return _inner.Headers.ContentLength is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
