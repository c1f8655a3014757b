using System.Net;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Http2Post;

/// <summary>
/// One exchange that may become the connection. Used by one caller; <see cref="Stage"/> may be read concurrently. Disposal ends the
/// exchange, unless <see cref="TakeConnection"/> has returned the connection, which then owns it.
/// </summary>
internal sealed class Http2PostAttempt : IAsyncDisposable
{
    // For a server that does not return the probe.
    private const string UnprobedHint =
        "The response streams, so most likely the request does not: a proxy buffers it until its body ends, as nginx does unless "
            + "proxy_request_buffering is off. Configure the proxy to stream requests, or to forward the Upgrade header.";

    private const string ProbedHint =
        "Bytes passed in both directions when the exchange was opened, so an intermediary has stopped forwarding them since.";

    private readonly HttpDialer _dialer;
    private readonly TunnelEndpoint _endpoint;
    private readonly Http2PostRequest _request;
    private readonly CancellationTokenSource _stop;

    // Set by OpenAsync, in this order, and read after it has completed.
    private HttpResponseMessage? _response;
    private Stream? _incoming;
    private Stream? _outgoing;
    private volatile Http2PostStage _stage;
    private bool _hasProbed;
    private bool _isTaken;

    /// <summary>Starts the exchange.</summary>
    public Http2PostAttempt(HttpDialer dialer, TunnelEndpoint endpoint, CancellationToken cancellationToken)
    {
        _dialer = dialer;
        _endpoint = endpoint;
        _request = new Http2PostRequest(dialer, endpoint);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Opening = OpenAsync(_stop.Token);
    }

    /// <summary>Completes when both directions are proved to stream; fails when the exchange fails.</summary>
    public Task Opening { get; }

    /// <summary>What the exchange waits for.</summary>
    public Http2PostStage Stage => _stage;

    /// <summary>Returns the connection, which owns the exchange and the HTTP client. Call it once, after <see cref="Opening"/>.</summary>
    public ITransportConnection TakeConnection()
    {
        _isTaken = true;
        TransportConnectionInfo info = _dialer.CreateConnectionInfo(_hasProbed ? ProbedHint : UnprobedHint);
        return new Http2ClientConnection(
            _dialer, _response!, _incoming!, _outgoing!, _request.CompleteBody, info, _endpoint.TimeProvider);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isTaken)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            _request.Dispose();
            await Opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _response?.Dispose();
        }

        _stop.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        _response = await _request.SendAsync(cancellationToken).ConfigureAwait(false);
        if (_response.StatusCode != HttpStatusCode.OK)
        {
            throw HttpFailure.FromStatus(Http2PostTransport.TransportName, _endpoint, _response, "200 OK");
        }

        ContentCoding.ThrowIfEncoded(Http2PostTransport.TransportName, _response);
        _stage = Http2PostStage.Preamble;
        _incoming = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await Http2PostTransport.Preamble.ReadAndVerifyAsync(_incoming, cancellationToken).ConfigureAwait(false);
        _stage = Http2PostStage.Probe;
        _outgoing = await _request.GetBodyStreamAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_response.Headers.TryGetValues(StreamProbe.HeaderName, out IEnumerable<string>? values)
            && string.Concat(values) == StreamProbe.HeaderValue)
        {
            await StreamProbe.SendAndVerifyAsync(_outgoing, _incoming, cancellationToken).ConfigureAwait(false);
            _hasProbed = true;
        }
    }
}
