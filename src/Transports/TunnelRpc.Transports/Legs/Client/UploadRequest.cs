using System.Globalization;
using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// One streamed upload: a POST with a chunked body that the owner writes. One writer; <see cref="Abort"/> is thread-safe.
/// </summary>
internal sealed class UploadRequest : IAsyncDisposable
{
    private readonly ClientLegConnection _connection;
    private readonly HttpDialer _dialer;
    private readonly HttpRequestMessage _request;
    private readonly StreamingContent _content = new();

    // Never disposed: it aborts the request.
    private readonly CancellationTokenSource _abort = new();

    // Set once, by StartAsync. Disposal awaits it.
    private Task? _completion;
    private Stream? _body;

    public UploadRequest(ClientLegConnection connection, long epoch, long offset)
    {
        _connection = connection;
        Epoch = epoch;
        _dialer = connection.CreateDialer();
        _request = connection.CreatePost(_dialer, LegExchangeKind.Stream, epoch, offset);
        _request.Content = _content;
        _request.Headers.TransferEncodingChunked = true;
        _request.Headers.ExpectContinue = true;
    }

    public long Epoch { get; }

    /// <summary>The reason why the upload has ended; null while it has not.</summary>
    public TransportException? EndReason { get; private set; }

    /// <summary>Whether the server responded with 204 and the received offset, as to an upload whose body has ended.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Completes when the upload has ended. Never fails.</summary>
    public Task Completion => _completion!;

    /// <summary>
    /// Sends the head and waits for the 100 response, for <see cref="HttpDialer.Expect100ContinueTimeout"/> at most. Call it once.
    /// </summary>
    /// <exception cref="TransportException">The upload was refused.</exception>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        Task<Stream> opened = _content.GetStreamAsync();
        Task<HttpResponseMessage> response = _dialer.SendAsync(_request, _abort.Token);
        _completion = ObserveResponseAsync(response);
        await Task.WhenAny(opened, _completion).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_completion.IsCompleted)
        {
            throw EndReason!;
        }

        _body = await opened.ConfigureAwait(false);
    }

    /// <summary>Writes and flushes. The token aborts the request.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // The stream of the request's body ignores the tokens of writes, but the request observes its own token.
        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static upload => ((UploadRequest)upload!).Abort(), this);
        await _body!.WriteAsync(data, CancellationToken.None).ConfigureAwait(false);
        await _body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the body in an orderly way, with the last chunk.</summary>
    public void CompleteBody() => _content.Complete();

    /// <summary>Aborts the request and its pending operations. Thread-safe and idempotent.</summary>
    public void Abort() => _abort.Cancel();

    public async ValueTask DisposeAsync()
    {
        Abort();
        _content.Complete();
        if (_completion is not null)
        {
            await _completion.ConfigureAwait(false);
        }

        _request.Dispose();
        _dialer.Dispose();
    }

    private async Task ObserveResponseAsync(Task<HttpResponseMessage> responseTask)
    {
        try
        {
            using HttpResponseMessage response = await responseTask.ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NoContent && TryReadReceived(response, out long received))
            {
                _connection.OnAcknowledged(received);
                IsAccepted = true;
            }

            EndReason = IsAccepted
                ? new TransportException($"{_connection.TransportName}: the upload has ended.")
                : _connection.CreateStatusException(response, "204 No Content for the upload");
        }
        catch (OperationCanceledException)
        {
            EndReason = new TransportException($"{_connection.TransportName}: the upload was ended on this side.");
        }
        catch (Exception exception)
        {
            // Catch everything: any exception ends this upload only.
            EndReason = exception as TransportException
                ?? new TransportException($"{_connection.TransportName}: the upload broke: {exception.Message}", exception);
        }

        _connection.SendBuffer.NotifyChanged();
        _connection.ReportReceived.NotifyAll();
    }

    /// <summary>Reads the received offset from a response; returns false if it has none.</summary>
    public static bool TryReadReceived(HttpResponseMessage response, out long received)
    {
        received = 0;
        return response.Headers.TryGetValues(LegProtocol.ReceivedHeader, out IEnumerable<string>? values)
            && long.TryParse(string.Concat(values), NumberStyles.None, CultureInfo.InvariantCulture, out received);
    }
}
