using System.Net;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

// Decision: docs/adr/0050-http2-post-probes-its-request.md
/// <summary>
/// Opens one exchange as the connection. If it does not stream at once, a short request is sent for comparison; if the exchange does not
/// stream soon after that was answered, the failure states what does not arrive. Stateless.
/// </summary>
internal static class Http2PostDialer
{
    /// <summary>The time for which the exchange may take before the cause is investigated.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(1);

    // The limits of the time for which the exchange may take after the short request was answered: twice the duration of that.
    private static readonly TimeSpan MinDiagnosisTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDiagnosisTime = TimeSpan.FromSeconds(3);

    /// <summary>Opens the connection, which owns the dialer.</summary>
    /// <exception cref="TransportException">There is no such connection. The caller disposes the dialer.</exception>
    public static async Task<ITransportConnection> ConnectAsync(
        HttpDialer dialer, TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        Http2PostAttempt attempt = new(dialer, endpoint, cancellationToken);
        try
        {
            await attempt.Opening.WaitAsync(StartTimeout, endpoint.TimeProvider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (!attempt.Opening.IsCompleted
                && await IsShortRequestFasterAsync(attempt.Opening, dialer, endpoint, cancellationToken).ConfigureAwait(false))
            {
                throw CreateException(attempt.Stage);
            }

            await attempt.Opening.ConfigureAwait(false);
            return attempt.TakeConnection();
        }
        finally
        {
            await attempt.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Returns false when the exchange is open or has failed. Its failure ends the attempt, as that of any request; that of the short one
    // does not.
    private static async ValueTask<bool> IsShortRequestFasterAsync(
        Task opening, HttpDialer dialer, TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task shortRequest = SendShortRequestAsync(dialer, endpoint, stop.Token);
        await Task.WhenAny(opening, shortRequest).ConfigureAwait(false);
        bool isFaster = shortRequest.IsCompletedSuccessfully && !opening.IsCompleted;
        await stop.CancelAsync().ConfigureAwait(false);
        await shortRequest.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return isFaster;
    }

    // Completes when the exchange has had time for its steps, as measured by a request without a body to the same address.
    private static async Task SendShortRequestAsync(HttpDialer dialer, TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        long startTimestamp = endpoint.TimeProvider.GetTimestamp();
        using HttpRequestMessage request = dialer.CreateRequest(HttpMethod.Get, endpoint.Address, HttpVersion.Version20);
        using HttpResponseMessage response = await dialer.SendAsync(request, cancellationToken).ConfigureAwait(false);
        TimeSpan time = 2 * endpoint.TimeProvider.GetElapsedTime(startTimestamp);
        time = time < MinDiagnosisTime ? MinDiagnosisTime : time > MaxDiagnosisTime ? MaxDiagnosisTime : time;
        await Task.Delay(time, endpoint.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    private static TransportException CreateException(Http2PostStage stage) => new(
        $"{Http2PostTransport.TransportName}: "
        + stage switch
        {
            Http2PostStage.Head => "nothing of the response arrives while the request is open, although a short request to the same "
                + "address was answered. An intermediary or a middleware of the server buffers the request or the response until it is "
                + "complete (nginx: proxy_request_buffering), or it reads the response only after the request has ended, as YARP does "
                + "with a server that it reaches by HTTP/1.1.",
            Http2PostStage.Preamble => "the response is buffered: its head arrived, but not the first bytes of its body. An intermediary "
                + "or a middleware of the server buffers responses until they are complete.",
            _ => "the request does not stream: the response does, but the first bytes of the request do not reach the server while it is "
                + "open. An intermediary buffers requests until they are complete, as nginx does unless proxy_request_buffering is off, or "
                + "until it has more to send, as YARP does with a server that it reaches by HTTP/2.",
        }
        + " Use another transport, such as websocket or n-plus-one.")
    {
        HttpStatus = stage == Http2PostStage.Head ? null : 200,
        IsPermanent = true,
    };
}
