using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// The client's state of a leg connection, shared by its exchanges: the send and the receive buffer, the epochs, and the headers of every
/// request. Thread-safe. Disposal signals <see cref="Stopping"/>; the owner then awaits the legs.
/// </summary>
[DebuggerDisplay("{TransportName,nq} {_id,nq}, epochs: download {_downloadEpoch}, upload {_uploadEpoch}, failure: {_failure?.Message,nq}")]
internal sealed class ClientLegConnection : IDisposable
{
    private readonly TunnelEndpoint _endpoint;
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LegProtocol.ConnectionIdLength / 2));
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(LegProtocol.KeyBytes);
    private readonly string _connectionHeaderValue;

    // The unreported consumed bytes from which on a separate report is due.
    private readonly int _consumedReportThresholdBytes;

    // Never disposed: exchanges are linked to its token until they end.
    private readonly CancellationTokenSource _stop = new();

    // Changed with Interlocked, as are _uploadEpoch and _lastSeenProbe.
    private long _downloadEpoch;
    private long _uploadEpoch;
    private long _lastSeenProbe;

    // Set once, with Interlocked.
    private TransportException? _failure;

    // Set by the first response of the download leg, before the upload leg is opened, and not changed later.
    private bool _isOpened;
    private Guid? _serverInstance;

    public ClientLegConnection(TunnelEndpoint endpoint, LegExchangeKind upload, LegExchangeKind download)
    {
        _endpoint = endpoint;
        _connectionHeaderValue = LegProtocol.FormatLegConnectionHeader(upload, download);
        _consumedReportThresholdBytes = download == LegExchangeKind.Poll
            ? LegProtocol.PollingConsumedReportThresholdBytes
            : LegProtocol.ClientConsumedReportThresholdBytes;
        TransportName = LegProtocol.GetTransportName(upload, download);
    }

    public string TransportName { get; }

    public TimeProvider TimeProvider => _endpoint.TimeProvider;

    /// <summary>The bytes to the server.</summary>
    public LegSendBuffer SendBuffer { get; } = new(LegProtocol.MaxUnacknowledgedBytes, LegProtocol.MaxUnsentBytes);

    /// <summary>The bytes from the server.</summary>
    public LegReceiveBuffer ReceiveBuffer { get; } = new(LegProtocol.MaxUnreadBytes);

    /// <summary>The size of the blocks of all senders.</summary>
    public BlockSize BlockSize { get; } = new();

    /// <summary>
    /// Whether a proxy may respond to each request with 407 first. The HTTP client sends proxy credentials only after a challenge, for
    /// every request again.
    /// </summary>
    public bool CanReceiveProxyChallenges =>
        _endpoint is { Proxy: not null, ProxyCredentials: not null } && _endpoint.Address.Scheme == Uri.UriSchemeHttp;

    /// <summary>Notified at every report of the server, and when an upload has ended.</summary>
    public AsyncSignal ReportReceived { get; } = new();

    /// <summary>Signalled at disposal: all exchanges must end.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>The reason why the connection failed; null while it has not.</summary>
    public TransportException? Failure => Volatile.Read(ref _failure);

    /// <summary>Called once, when the connection fails.</summary>
    public Action<TransportException>? OnFailure { get; set; }

    /// <summary>
    /// The last probe that the server has received: the upload's epoch in the upper 32 bits, the probe's number in the lower.
    /// </summary>
    public long LastSeenProbe => Interlocked.Read(ref _lastSeenProbe);

    /// <summary>The consumed offset of the receive buffer that was last reported to the server.</summary>
    public long ReportedConsumedOffset { get; private set; }

    /// <summary>Whether the consumed offset should be reported even if there are no bytes to send.</summary>
    public bool IsConsumedReportDue => ReceiveBuffer.ConsumedOffset - ReportedConsumedOffset >= _consumedReportThresholdBytes;

    public long NextDownloadEpoch() => Interlocked.Increment(ref _downloadEpoch);

    public long NextUploadEpoch() => Interlocked.Increment(ref _uploadEpoch);

    /// <summary>
    /// Creates another leg connection to the same address, with blocks and polls. It may reach another server, so it has its own cookies.
    /// </summary>
    public ClientLegConnection CreateSibling() =>
        new(_endpoint with { Cookies = _endpoint.Cookies?.Fork() }, LegExchangeKind.Block, LegExchangeKind.Poll);

    /// <summary>Creates an HTTP client with its own connections.</summary>
    public HttpDialer CreateDialer() => new(_endpoint, TransportName);

    /// <summary>Creates a request of the download leg. The request of epoch 1 creates the leg connection on the server.</summary>
    public HttpRequestMessage CreateGet(HttpDialer dialer, LegExchangeKind kind, long epoch)
    {
        long receivedOffset = ReceiveBuffer.ReceivedOffset;
        LegHeader header = new(kind, epoch, receivedOffset, TakeConsumedReport(), SendBuffer.AcknowledgedOffset, LastSeenProbe);
        HttpRequestMessage request = CreateRequest(dialer, HttpMethod.Get, header, isDownload: true);
        if (epoch == 1)
        {
            request.Headers.TryAddWithoutValidation(LegProtocol.LegConnectionHeader, _connectionHeaderValue);
            request.Headers.TryAddWithoutValidation(LegProtocol.KeyHeader, Base64Url.EncodeToString(_key));
        }

        return request;
    }

    /// <summary>Creates a request of the upload leg. It reports the consumed offset.</summary>
    public HttpRequestMessage CreatePost(HttpDialer dialer, LegExchangeKind kind, long epoch, long offset, long length = 0)
        => CreateRequest(dialer, HttpMethod.Post, new LegHeader(kind, epoch, offset, TakeConsumedReport(), length, 0), isDownload: false);

    /// <summary>Returns the consumed offset to report, and records it as reported.</summary>
    public long TakeConsumedReport() => ReportedConsumedOffset = ReceiveBuffer.ConsumedOffset;

    /// <summary>
    /// Handles an acknowledgement: the server has received (response to a block or upload) or consumed (report) all bytes before the
    /// offset, so the send buffer releases them.
    /// </summary>
    /// <exception cref="TransportException">The offset is beyond the sent bytes.</exception>
    public void OnAcknowledged(long acknowledgedOffset)
    {
        if (!SendBuffer.TryAcknowledge(acknowledgedOffset))
        {
            throw new TransportException($"{TransportName}: the server acknowledges {acknowledgedOffset} bytes, more than were sent.")
            {
                IsPermanent = true,
            };
        }

        ReportReceived.NotifyAll();
    }

    /// <summary>Handles the server's report of the last probe that it received.</summary>
    public void OnProbeSeen(long probe)
    {
        Interlocked.Exchange(ref _lastSeenProbe, probe);
        ReportReceived.NotifyAll();
    }

    /// <summary>Handles the orderly end of the connection by the server.</summary>
    public void OnServerEnded() => SendBuffer.Fail(new TransportException($"{TransportName}: the server has ended the connection."));

    /// <summary>Fails the connection. The first failure is kept.</summary>
    /// <param name="failure">The reason.</param>
    /// <param name="isDownload">Whether the download leg has failed, so that no more bytes can arrive and reads fail, too.</param>
    public void Fail(TransportException failure, bool isDownload)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not null)
        {
            return;
        }

        SendBuffer.Fail(failure);
        if (isDownload)
        {
            ReceiveBuffer.Fail(failure);
        }

        ReportReceived.NotifyAll();
        OnFailure?.Invoke(failure);
    }

    /// <summary>Creates the exception for an unexpected status.</summary>
    public TransportException CreateStatusException(HttpResponseMessage response, string expected) =>
        HttpFailure.FromStatus(TransportName, _endpoint, response, expected, DescribeUnknownConnection(response));

    /// <summary>Records the server that opened the connection, from the first response of a tunnel.</summary>
    public void OnOpened(HttpResponseMessage response)
    {
        _isOpened = true;
        _serverInstance ??= HttpHeaderValues.FindServerInstance(response);
    }

    public void Dispose()
    {
        _stop.Cancel();
        SendBuffer.Dispose();
        ReceiveBuffer.Dispose();
    }

    // The server responds to an unknown leg connection, to a wrong proof and to another user with the same 404.
    private string? DescribeUnknownConnection(HttpResponseMessage response)
    {
        const string Affinity = "; a load balancer in front of several servers needs affinity (sticky sessions): by cookie, with "
            + "UseCookies on, or by client address; transports of one request, such as websocket, need it to resume only";
        if (!_isOpened)
        {
            return null;
        }

        return (_serverInstance, HttpHeaderValues.FindServerInstance(response)) switch
        {
            (_, null) => "the request reached another server than the one that opened this connection, or an intermediary responded, "
                + $"because no tunnel responded{Affinity}",
            (null, _) => "the server that the request reached does not know this connection for this user: it is another server than the "
                + $"one that opened the connection, or it restarted{Affinity}",
            ({ } opened, { } reached) when opened != reached
                => $"the request reached another server than the one that opened this connection, or that server restarted{Affinity}",
            _ => "the server does not know this connection for this user: it has ended there, or the request has the credentials of "
                + "another user than the first one",
        };
    }

    private HttpRequestMessage CreateRequest(HttpDialer dialer, HttpMethod method, LegHeader header, bool isDownload)
    {
        string text = header.ToString();
        string path = $"{_endpoint.Address.AbsolutePath.TrimEnd('/')}/{_id}/{(isDownload ? "down" : "up")}";
        UriBuilder address = new(_endpoint.Address) { Path = path };
        if (isDownload)
        {
            // A unique URL per request, so that an intermediary neither responds from a cache nor coalesces the request with an earlier
            // one.
            address.Query = $"n={header.Epoch}";
        }

        HttpRequestMessage request = dialer.CreateRequest(method, address.Uri);
        request.Headers.TryAddWithoutValidation(LegHeader.HeaderName, text);
        byte[] proof = LegProtocol.ComputeProof(_key, method.Method, _id, isDownload, text);
        request.Headers.TryAddWithoutValidation(LegProtocol.ProofHeader, Base64Url.EncodeToString(proof));
        return request;
    }
}
