using System.Globalization;
using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>One streamed upload: a POST whose chunked body is written from outside for as long as it lasts. One writer.</summary>
internal sealed class Upload : IAsyncDisposable
{
    private readonly ClientCarrier _carrier;
    private readonly HttpDialer _dialer;
    private readonly HttpRequestMessage _request;
    private readonly OpenContent _content = new();

    // Never disposed before the request ended: its only use is to end it.
    private readonly CancellationTokenSource _abort = new();

    // Set once, by StartAsync, and observed by disposal.
    private Task? _ending;
    private Stream? _body;

    public Upload(ClientCarrier carrier, long epoch, long offset)
    {
        _carrier = carrier;
        Epoch = epoch;
        _dialer = carrier.CreateDialer();
        _request = carrier.CreatePost(_dialer, LegKind.Stream, epoch, offset);
        _request.Content = _content;
        _request.Headers.TransferEncodingChunked = true;
        _request.Headers.ExpectContinue = true;
    }

    public long Epoch { get; }

    /// <summary>Why it is over; null while it is not.</summary>
    public TransportException? End { get; private set; }

    /// <summary>Whether it was answered as it should be when its body has ended.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Completes when it is over, and never fails.</summary>
    public Task Ended => _ending!;

    /// <summary>Sends the head and waits for the go-ahead, or as long as one is waited for. Once.</summary>
    /// <exception cref="TransportException">The upload was refused.</exception>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        Task<Stream> opened = _content.TakeAsync();
        Task<HttpResponseMessage> answer = _dialer.SendAsync(_request, _abort.Token);
        _ending = WatchAsync(answer);
        await Task.WhenAny(opened, _ending).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_ending.IsCompleted)
        {
            throw End!;
        }

        _body = await opened.ConfigureAwait(false);
    }

    /// <summary>Writes and flushes. <see cref="Abort"/> ends it; its token does that.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        // The request's body ignores tokens of writes; the request does not ignore its own.
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static upload => ((Upload)upload!).Abort(), this);
        await _body!.WriteAsync(data, CancellationToken.None).ConfigureAwait(false);
        await _body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the body as HTTP wants it.</summary>
    public void Finish() => _content.Finish();

    /// <summary>Ends the request at once, with what of it is pending.</summary>
    public void Abort() => _abort.Cancel();

    public async ValueTask DisposeAsync()
    {
        Abort();
        _content.Finish();
        if (_ending is not null)
        {
            await _ending.ConfigureAwait(false);
        }

        _request.Dispose();
        _dialer.Dispose();
    }

    private async Task WatchAsync(Task<HttpResponseMessage> answer)
    {
        try
        {
            using HttpResponseMessage response = await answer.ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NoContent && TryReadReceived(response, out long received))
            {
                _carrier.Report(received);
                IsAnswered = true;
            }

            End = IsAnswered ? new TransportException($"{_carrier.Name}: the upload has ended.") : _carrier.Refused(response, "204 No Content for the upload");
        }
        catch (OperationCanceledException)
        {
            End = new TransportException($"{_carrier.Name}: the upload was ended on this side.");
        }
        catch (Exception exception)
        {
            // All of it: what a request may fail with is this upload's end.
            End = exception as TransportException ?? new TransportException($"{_carrier.Name}: the upload broke: {exception.Message}", exception);
        }

        _carrier.Up.Wake();
        _carrier.Reports.Raise();
    }

    /// <summary>How much the server has received, as an answer says.</summary>
    public static bool TryReadReceived(HttpResponseMessage response, out long received)
    {
        received = 0;
        return response.Headers.TryGetValues(LegsProtocol.ReceivedHeader, out IEnumerable<string>? values)
            && long.TryParse(string.Concat(values), NumberStyles.None, CultureInfo.InvariantCulture, out received);
    }
}
