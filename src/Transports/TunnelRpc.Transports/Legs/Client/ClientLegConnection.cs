using System.Buffers.Text;
using System.Security.Cryptography;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Client;

/// <summary>
/// What lies between a connection of the dialing side and the exchanges that carry it: the bytes both ways, and what every request
/// says. Thread-safe. Disposal ends all that links to <see cref="Stopping"/>; its owner waits for it.
/// </summary>
internal sealed class ClientLegConnection : IDisposable
{
    private readonly TunnelEndpoint _endpoint;
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LegProtocol.ConnectionIdLength / 2));
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(LegProtocol.KeyBytes);
    private readonly string _connectionHeaderValue;

    // Polls report with each request, and need a report beside only when the server has nothing more to keep for them.
    private readonly int _consumedReportThresholdBytes;

    // Never disposed: exchanges link to it until they end.
    private readonly CancellationTokenSource _stop = new();

    // All three by Interlocked.
    private long _downloadEpoch;
    private long _uploadEpoch;
    private long _lastSeenProbe;

    // Set once, by Interlocked.
    private TransportException? _failure;

    public ClientLegConnection(TunnelEndpoint endpoint, LegExchangeKind upload, LegExchangeKind download)
    {
        _endpoint = endpoint;
        _connectionHeaderValue = LegProtocol.FormatLegConnectionHeader(upload, download);
        _consumedReportThresholdBytes = download == LegExchangeKind.Poll ? LegProtocol.MaxUnacknowledgedBytes / 2 : LegProtocol.MaxUnacknowledgedBytes / 4;
        TransportName = LegProtocol.GetTransportName(upload, download);
    }

    public string TransportName { get; }

    public TimeProvider TimeProvider => _endpoint.TimeProvider;

    /// <summary>What goes up.</summary>
    public LegSendBuffer SendBuffer { get; } = new(LegProtocol.MaxUnacknowledgedBytes, LegProtocol.MaxUnsentBytes);

    /// <summary>What comes down.</summary>
    public LegReceiveBuffer ReceiveBuffer { get; } = new(LegProtocol.MaxUnreadBytes);

    /// <summary>Whether a proxy may refuse each request with 407 first: the HTTP client below gives credentials only when asked, and forgets that it was.</summary>
    public bool CanReceiveProxyChallenges => _endpoint is { Proxy: not null, ProxyCredentials: not null } && _endpoint.Address.Scheme == Uri.UriSchemeHttp;

    /// <summary>Raised with every report of the server's, and when an upload is answered.</summary>
    public AsyncSignal ReportReceived { get; } = new();

    /// <summary>Signalled when all exchanges must end.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Why the connection failed; null while it has not.</summary>
    public TransportException? Failure => Volatile.Read(ref _failure);

    /// <summary>Told once, when the connection fails.</summary>
    public Action<TransportException>? OnFailure { get; set; }

    /// <summary>The last probe that the server has seen, under its epoch.</summary>
    public long LastSeenProbe => Interlocked.Read(ref _lastSeenProbe);

    /// <summary>How much of what came down the server was told to have been consumed.</summary>
    public long ReportedConsumedOffset { get; private set; }

    /// <summary>Whether the server should be told what was consumed although there is nothing else to say.</summary>
    public bool IsConsumedReportDue => ReceiveBuffer.ConsumedOffset - ReportedConsumedOffset >= _consumedReportThresholdBytes;

    public long NextDownloadEpoch() => Interlocked.Increment(ref _downloadEpoch);

    public long NextUploadEpoch() => Interlocked.Increment(ref _uploadEpoch);

    /// <summary>Another carrier to the same server, with polls only.</summary>
    public ClientLegConnection CreateSibling() => new(_endpoint, LegExchangeKind.Block, LegExchangeKind.Poll);

    /// <summary>A client whose connections nothing else uses.</summary>
    public HttpDialer CreateDialer() => new(_endpoint, TransportName);

    /// <summary>A request down. The very first makes the carrier.</summary>
    public HttpRequestMessage CreateGet(HttpDialer dialer, LegExchangeKind kind, long epoch)
    {
        LegHeader header = new(kind, epoch, ReceiveBuffer.ReceivedOffset, TakeConsumedReport(), SendBuffer.AcknowledgedOffset, LastSeenProbe);
        HttpRequestMessage request = CreateRequest(dialer, HttpMethod.Get, header, isDownload: true);
        if (epoch == 1)
        {
            request.Headers.TryAddWithoutValidation(LegProtocol.LegConnectionHeader, _connectionHeaderValue);
            request.Headers.TryAddWithoutValidation(LegProtocol.KeyHeader, Base64Url.EncodeToString(_key));
        }

        return request;
    }

    /// <summary>A request up, which reports what was consumed.</summary>
    public HttpRequestMessage CreatePost(HttpDialer dialer, LegExchangeKind kind, long epoch, long offset, long length = 0)
        => CreateRequest(dialer, HttpMethod.Post, new LegHeader(kind, epoch, offset, TakeConsumedReport(), length, 0), isDownload: false);

    /// <summary>What the server is to be told of what was consumed.</summary>
    public long TakeConsumedReport() => ReportedConsumedOffset = ReceiveBuffer.ConsumedOffset;

    /// <summary>The server says how much need not be kept any more: it was received by a block's answer, or consumed.</summary>
    /// <exception cref="TransportException">That was never sent.</exception>
    public void OnAcknowledged(long acknowledgedOffset)
    {
        if (!SendBuffer.TryAcknowledge(acknowledgedOffset))
        {
            throw new TransportException($"{TransportName}: the server reports {acknowledgedOffset} bytes, which were never sent.") { IsPermanent = true };
        }

        ReportReceived.NotifyAll();
    }

    /// <summary>The server says which probe it has seen.</summary>
    public void OnProbeSeen(long probe)
    {
        Interlocked.Exchange(ref _lastSeenProbe, probe);
        ReportReceived.NotifyAll();
    }

    /// <summary>The server has ended the connection in order.</summary>
    public void OnServerEnded() => SendBuffer.Fail(new TransportException($"{TransportName}: the server has ended the connection."));

    /// <summary>Makes the connection fail. The first failure counts.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="isDownload">Whether nothing more can come down, so that readers need not wait for it.</param>
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

    /// <summary>Throws for a status that is not the wanted one.</summary>
    public TransportException CreateStatusException(HttpResponseMessage response, string expected) => HttpFailure.FromStatus(TransportName, _endpoint, response, expected);

    public void Dispose()
    {
        _stop.Cancel();
        SendBuffer.Dispose();
        ReceiveBuffer.Dispose();
    }

    private HttpRequestMessage CreateRequest(HttpDialer dialer, HttpMethod method, LegHeader header, bool isDownload)
    {
        string text = header.ToString();
        UriBuilder address = new(_endpoint.Address) { Path = $"{_endpoint.Address.AbsolutePath.TrimEnd('/')}/{_id}/{(isDownload ? "down" : "up")}" };
        if (isDownload)
        {
            // What was asked before may not be answered again, nor wait for its answer, by anything on the way.
            address.Query = $"n={header.Epoch}";
        }

        HttpRequestMessage request = dialer.CreateRequest(method, address.Uri);
        request.Headers.TryAddWithoutValidation(LegHeader.HeaderName, text);
        request.Headers.TryAddWithoutValidation(LegProtocol.ProofHeader, Base64Url.EncodeToString(LegProtocol.ComputeProof(_key, method.Method, _id, isDownload, text)));
        return request;
    }
}
