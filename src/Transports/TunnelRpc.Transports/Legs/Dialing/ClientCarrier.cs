using System.Buffers.Text;
using System.Security.Cryptography;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.Transports.Legs.Dialing;

/// <summary>
/// What lies between a connection of the dialing side and the exchanges that carry it: the bytes both ways, and what every request
/// says. Thread-safe. Disposal ends all that links to <see cref="Stopping"/>; its owner waits for it.
/// </summary>
internal sealed class ClientCarrier : IDisposable
{
    private readonly TunnelEndpoint _endpoint;
    private readonly string _id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LegsProtocol.IdLength / 2));
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(LegsProtocol.KeyBytes);
    private readonly string _carrierValue;

    // Polls report with each request, and need a report beside only when the server has nothing more to keep for them.
    private readonly int _reportBytes;

    // Never disposed: exchanges link to it until they end.
    private readonly CancellationTokenSource _stop = new();

    // All three by Interlocked.
    private long _downEpoch;
    private long _upEpoch;
    private long _seen;

    // Set once, by Interlocked.
    private TransportException? _failure;

    public ClientCarrier(TunnelEndpoint endpoint, LegKind up, LegKind down)
    {
        _endpoint = endpoint;
        _carrierValue = LegsProtocol.CarrierValue(up, down);
        _reportBytes = down == LegKind.Poll ? LegsProtocol.RetainedBytes / 2 : LegsProtocol.RetainedBytes / 4;
        Name = LegsProtocol.NameOf(up, down);
    }

    public string Name { get; }

    public TimeProvider Clock => _endpoint.TimeProvider;

    /// <summary>What goes up.</summary>
    public SendLog Up { get; } = new(LegsProtocol.RetainedBytes, LegsProtocol.UnsentBytes);

    /// <summary>What comes down.</summary>
    public ReceiveLog Down { get; } = new(LegsProtocol.UnreadBytes);

    /// <summary>Whether a proxy may refuse each request with 407 first: the HTTP client below gives credentials only when asked, and forgets that it was.</summary>
    public bool MeetsProxyRefusals => _endpoint is { Proxy: not null, ProxyCredentials: not null } && _endpoint.Address.Scheme == Uri.UriSchemeHttp;

    /// <summary>Raised with every report of the server's, and when an upload is answered.</summary>
    public AsyncSignal Reports { get; } = new();

    /// <summary>Signalled when all exchanges must end.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Why the connection failed; null while it has not.</summary>
    public TransportException? Failure => Volatile.Read(ref _failure);

    /// <summary>Told once, when the connection fails.</summary>
    public Action<TransportException>? OnFailure { get; set; }

    /// <summary>The last probe that the server has seen, under its epoch.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>How much of what came down the server was told to have been consumed.</summary>
    public long Told { get; private set; }

    /// <summary>Whether the server should be told what was consumed although there is nothing else to say.</summary>
    public bool IsReportDue => Down.Consumed - Told >= _reportBytes;

    public long NextDownEpoch() => Interlocked.Increment(ref _downEpoch);

    public long NextUpEpoch() => Interlocked.Increment(ref _upEpoch);

    /// <summary>Another carrier to the same server, with polls only.</summary>
    public ClientCarrier CreateSibling() => new(_endpoint, LegKind.Block, LegKind.Poll);

    /// <summary>A client whose connections nothing else uses.</summary>
    public HttpDialer CreateDialer() => new(_endpoint, Name);

    /// <summary>A request down. The very first makes the carrier.</summary>
    public HttpRequestMessage CreateGet(HttpDialer dialer, LegKind kind, long epoch)
    {
        LegHeader header = new(kind, epoch, Down.Received, Consume(), Up.Acknowledged, Seen);
        HttpRequestMessage request = Create(dialer, HttpMethod.Get, header, isDown: true);
        if (epoch == 1)
        {
            request.Headers.TryAddWithoutValidation(LegsProtocol.CarrierHeader, _carrierValue);
            request.Headers.TryAddWithoutValidation(LegsProtocol.KeyHeader, Base64Url.EncodeToString(_key));
        }

        return request;
    }

    /// <summary>A request up, which reports what was consumed.</summary>
    public HttpRequestMessage CreatePost(HttpDialer dialer, LegKind kind, long epoch, long offset, long length = 0)
        => Create(dialer, HttpMethod.Post, new LegHeader(kind, epoch, offset, Consume(), length, 0), isDown: false);

    /// <summary>What the server is to be told of what was consumed.</summary>
    public long Consume() => Told = Down.Consumed;

    /// <summary>The server says how much need not be kept any more: it was received by a block's answer, or consumed.</summary>
    /// <exception cref="TransportException">That was never sent.</exception>
    public void Report(long received)
    {
        if (!Up.TryRelease(received))
        {
            throw new TransportException($"{Name}: the server reports {received} bytes, which were never sent.") { IsDefinite = true };
        }

        Reports.Raise();
    }

    /// <summary>The server says which probe it has seen.</summary>
    public void See(long probe)
    {
        Interlocked.Exchange(ref _seen, probe);
        Reports.Raise();
    }

    /// <summary>The server has ended the connection in order.</summary>
    public void EndByServer() => Up.Fail(new TransportException($"{Name}: the server has ended the connection."));

    /// <summary>Makes the connection fail. The first failure counts.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="isDown">Whether nothing more can come down, so that readers need not wait for it.</param>
    public void Fail(TransportException failure, bool isDown)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not null)
        {
            return;
        }

        Up.Fail(failure);
        if (isDown)
        {
            Down.Fail(failure);
        }

        Reports.Raise();
        OnFailure?.Invoke(failure);
    }

    /// <summary>Throws for a status that is not the wanted one.</summary>
    public TransportException Refused(HttpResponseMessage response, string wanted) => HttpFailure.FromStatus(Name, _endpoint, response, wanted);

    public void Dispose()
    {
        _stop.Cancel();
        Up.Dispose();
        Down.Dispose();
    }

    private HttpRequestMessage Create(HttpDialer dialer, HttpMethod method, LegHeader header, bool isDown)
    {
        string text = header.ToString();
        UriBuilder address = new(_endpoint.Address) { Path = $"{_endpoint.Address.AbsolutePath.TrimEnd('/')}/{_id}/{(isDown ? "down" : "up")}" };
        if (isDown)
        {
            // What was asked before may not be answered again, nor wait for its answer, by anything on the way.
            address.Query = $"n={header.Epoch}";
        }

        HttpRequestMessage request = dialer.CreateRequest(method, address.Uri);
        request.Headers.TryAddWithoutValidation(LegHeader.Name, text);
        request.Headers.TryAddWithoutValidation(LegsProtocol.ProofHeader, Base64Url.EncodeToString(LegsProtocol.Prove(_key, method.Method, _id, isDown, text)));
        return request;
    }
}
