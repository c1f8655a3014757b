using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>A request's body that its owner writes to until it completes it. One writer at a time.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Runs continuations inline on purpose: the end of the body is then sent before Complete returns.
    private readonly TaskCompletionSource _completed = new();

    // Whether the owner may have written to the stream.
    private volatile bool _streamRequested;

    public StreamingContent() => Headers.TryAddWithoutValidation("Content-Type", HttpHeaderValues.ContentType);

    /// <summary>
    /// Returns the stream to write to when the request's head has been sent. The task never completes if the request fails before that.
    /// </summary>
    public Task<Stream> GetStreamAsync()
    {
        _streamRequested = true;
        return _opened.Task;
    }

    /// <summary>Ends the body. Idempotent.</summary>
    public void Complete() => _completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // With HTTP/2 the client sends the head with the first bytes of the body. A flush sends it now.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _opened.TrySetResult(stream);
            await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_streamRequested)
        {
            // The request has failed with its own, more specific exception, which a cancellation here would replace. The body is not
            // truncated, because nothing has been written to it.
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
