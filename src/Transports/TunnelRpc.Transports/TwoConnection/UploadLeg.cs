using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.TwoConnection;

/// <summary>The client's upload: a POST whose chunked body is written from outside for as long as the connection lives.</summary>
internal sealed class UploadLeg : IAsyncDisposable
{
    private readonly HttpDialer _dialer;
    private readonly HttpRequestMessage _request;
    private readonly TunnelEndpoint _endpoint;
    private readonly OpenContent _content = new();

    // Never disposed before the request ended: its only use is to end it.
    private readonly CancellationTokenSource _abort = new();

    // Set once, by StartAsync; observed by WatchAsync or by disposal.
    private Task<HttpResponseMessage>? _answer;

    /// <summary>The request gets the body; it is owned.</summary>
    public UploadLeg(HttpDialer dialer, HttpRequestMessage request, TunnelEndpoint endpoint)
    {
        _dialer = dialer;
        _request = request;
        _endpoint = endpoint;
        request.Content = _content;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", HttpHeaderValues.ContentType);
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;
    }

    /// <summary>Sends the head and waits for the go-ahead, or as long as one is waited for. Once.</summary>
    /// <returns>The body; writes leave at a flush. Its own tokens end nothing: <see cref="Abort"/> does. Not to be disposed.</returns>
    /// <exception cref="TransportException">The upload was refused.</exception>
    public async ValueTask<Stream> StartAsync(CancellationToken cancellationToken)
    {
        _answer = _dialer.SendAsync(_request, _abort.Token);
        await Task.WhenAny(_content.Opened, _answer).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_answer.IsCompleted)
        {
            return await _content.Opened.ConfigureAwait(false);
        }

        using HttpResponseMessage response = await _answer.ConfigureAwait(false);
        throw HttpFailure.FromStatus(TwoConnectionProtocol.TransportName, _endpoint, response, "100 Continue for the upload");
    }

    /// <summary>Completes when the upload is over, with why it is.</summary>
    public async Task<TransportException> WatchAsync()
    {
        const string Over = "two-connection: the upload was ended by the server or something on the way";
        try
        {
            using HttpResponseMessage response = await _answer!.ConfigureAwait(false);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent
                ? new TransportException($"{Over}.")
                : new TransportException($"{Over}, which answered {(int)response.StatusCode} {response.ReasonPhrase}.") { HttpStatus = (int)response.StatusCode };
        }
        catch (TransportException exception)
        {
            return new TransportException($"{Over}: {exception.Message}", exception) { HttpStatus = exception.HttpStatus };
        }
        catch (OperationCanceledException exception)
        {
            return new TransportException($"{Over}: it was aborted on this side.", exception);
        }
    }

    /// <summary>Ends the body as HTTP wants it; when the network takes it at once, the end has been sent on return.</summary>
    public void Finish() => _content.Close();

    /// <summary>Ends the request at once, with what of it is pending.</summary>
    public void Abort() => _abort.Cancel();

    /// <summary>Aborts what is left of the request and waits until nothing of it runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        _content.Close();
        if (_answer is not null)
        {
            await WatchAsync().ConfigureAwait(false);
        }

        _request.Dispose();
    }

    private sealed class OpenContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Continues in the thread that closes, on purpose: the body's end is then sent before Close returns.
        private readonly TaskCompletionSource _closed = new();

        public Task<Stream> Opened => _opened.Task;

        public void Close() => _closed.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            _opened.TrySetResult(stream);
            await _closed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
