using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>A request's body that is written from outside, for as long as it is not finished. One writer at a time.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Continues in the thread that finishes, on purpose: the body's end is then handed on before Finish returns.
    private readonly TaskCompletionSource _completed = new();

    // Whether anything may have been written.
    private volatile bool _streamRequested;

    public StreamingContent() => Headers.TryAddWithoutValidation("Content-Type", HttpHeaderValues.ContentType);

    /// <summary>Takes the stream to write to, once the request's head has been sent. Never completes, when it cannot be.</summary>
    public Task<Stream> GetStreamAsync()
    {
        _streamRequested = true;
        return _opened.Task;
    }

    /// <summary>Ends the body.</summary>
    public void Complete() => _completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // With HTTP/2 the head waits for the first bytes of the body, unless told to go.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _opened.TrySetResult(stream);
            await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_streamRequested)
        {
            // The request is lost, and says itself why, unless this hides it. No body is cut short: there is none yet.
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
