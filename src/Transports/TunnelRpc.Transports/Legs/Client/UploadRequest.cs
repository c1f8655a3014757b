using System.Globalization;
using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>One streamed upload: a POST whose chunked body is written from outside for as long as it lasts. One writer.</summary>
internal sealed class UploadRequest : IAsyncDisposable
{
    private readonly ClientLegConnection _connection;
    private readonly HttpDialer _dialer;
    private readonly HttpRequestMessage _request;
    private readonly StreamingContent _content = new();

    // Never disposed before the request ended: its only use is to end it.
    private readonly CancellationTokenSource _abort = new();

    // Set once, by StartAsync, and observed by disposal.
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

    /// <summary>Why it is over; null while it is not.</summary>
    public TransportException? EndReason { get; private set; }

    /// <summary>Whether it was answered as it should be when its body has ended.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Completes when it is over, and never fails.</summary>
    public Task Completion => _completion!;

    /// <summary>Sends the head and waits for the go-ahead, or as long as one is waited for. Once.</summary>
    /// <exception cref="TransportException">The upload was refused.</exception>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        Task<Stream> opened = _content.GetStreamAsync();
        Task<HttpResponseMessage> answer = _dialer.SendAsync(_request, _abort.Token);
        _completion = ObserveResponseAsync(answer);
        await Task.WhenAny(opened, _completion).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_completion.IsCompleted)
        {
            throw EndReason!;
        }

        _body = await opened.ConfigureAwait(false);
    }

    /// <summary>Writes and flushes. <see cref="Abort"/> ends it; its token does that.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // The request's body ignores tokens of writes; the request does not ignore its own.
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static upload => ((UploadRequest)upload!).Abort(), this);
        await _body!.WriteAsync(data, CancellationToken.None).ConfigureAwait(false);
        await _body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the body as HTTP wants it.</summary>
    public void CompleteBody() => _content.Complete();

    /// <summary>Ends the request at once, with what of it is pending.</summary>
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

            EndReason = IsAccepted ? new TransportException($"{_connection.TransportName}: the upload has ended.") : _connection.CreateStatusException(response, "204 No Content for the upload");
        }
        catch (OperationCanceledException)
        {
            EndReason = new TransportException($"{_connection.TransportName}: the upload was ended on this side.");
        }
        catch (Exception exception)
        {
            // All of it: what a request may fail with is this upload's end.
            EndReason = exception as TransportException ?? new TransportException($"{_connection.TransportName}: the upload broke: {exception.Message}", exception);
        }

        _connection.SendBuffer.NotifyChanged();
        _connection.ReportReceived.NotifyAll();
    }

    /// <summary>How much the server has received, as an answer says.</summary>
    public static bool TryReadReceived(HttpResponseMessage response, out long received)
    {
        received = 0;
        return response.Headers.TryGetValues(LegProtocol.ReceivedHeader, out IEnumerable<string>? values)
            && long.TryParse(string.Concat(values), NumberStyles.None, CultureInfo.InvariantCulture, out received);
    }
}
