using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Inspection;

/// <summary>
/// Records one request. Both directions are recorded at the same time, and snapshots are taken while they are; thread-safe.
/// </summary>
internal sealed class InspectedExchange(ExchangeLog log, long id)
{
    private const string Redacted = "***";

    private readonly Lock _gate = new();
    private readonly long _start = log.TimeProvider.GetTimestamp();
    private readonly DateTimeOffset _started = log.TimeProvider.GetUtcNow();

    // All guarded by _gate, from Start on.
    private readonly CapturedBody _requestBody = new(log.MaxBodySize);
    private readonly CapturedBody _responseBody = new(log.MaxBodySize);
    private GatewayRequest? _request;
    private IReadOnlyList<KeyValuePair<string, string>> _requestHeaders = [];
    private IReadOnlyList<KeyValuePair<string, string>> _responseHeaders = [];
    private string? _dialect;
    private int? _status;
    private string? _error;
    private TimeSpan? _duration;

    /// <summary>The request has arrived. Called first, and once.</summary>
    public void Start(GatewayRequest request)
    {
        lock (_gate)
        {
            _request = request;
            _requestHeaders = Redact(request.Fields);
        }

        log.Add(this);
        log.Publish(this);
    }

    /// <summary>An origin gets the request.</summary>
    public void OnRouted(string dialect)
    {
        lock (_gate)
        {
            _dialect = dialect;
        }
    }

    /// <summary>The head of the response has arrived.</summary>
    public void OnHead(GatewayResponse response)
    {
        lock (_gate)
        {
            _status = response.Status;
            _responseHeaders = Redact(response.Fields);
        }

        log.Publish(this);
    }

    /// <summary>Bytes of the request's body were read.</summary>
    public void AddRequestBody(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _requestBody.Add(bytes);
        }
    }

    /// <summary>Bytes of the response's body were read.</summary>
    public void AddResponseBody(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _responseBody.Add(bytes);
        }
    }

    /// <summary>Bytes of an upgraded connection, which are only counted, were sent to the origin.</summary>
    public void AddRequestBytes(int count)
    {
        lock (_gate)
        {
            _requestBody.Count(count);
        }
    }

    /// <summary>Bytes of an upgraded connection, which are only counted, were sent to the client.</summary>
    public void AddResponseBytes(int count)
    {
        lock (_gate)
        {
            _responseBody.Count(count);
        }
    }

    /// <summary>The exchange has ended.</summary>
    /// <param name="status">The status that the client got; null for none.</param>
    /// <param name="error">Why there was no whole response; null if there was.</param>
    public void End(int? status, string? error)
    {
        lock (_gate)
        {
            _status = status;
            _error = error;
            _duration = log.TimeProvider.GetElapsedTime(_start);
        }

        log.Publish(this);
    }

    /// <summary>Returns the current state.</summary>
    public GatewayExchange TakeSnapshot()
    {
        lock (_gate)
        {
            GatewayRequest request = _request!;
            return new GatewayExchange
            {
                Id = id,
                Name = request.Name,
                Method = request.Method,
                Target = request.Target,
                RemoteEndPoint = request.RemoteEndPoint?.ToString(),
                Protocol = request.Protocol,
                Dialect = _dialect,
                Started = _started,
                Elapsed = _duration ?? log.TimeProvider.GetElapsedTime(_start),
                Status = _status,
                RequestHeaders = _requestHeaders,
                ResponseHeaders = _responseHeaders,
                RequestBody = _requestBody.Kept,
                ResponseBody = _responseBody.Kept,
                RequestBytes = _requestBody.TotalBytes,
                ResponseBytes = _responseBody.TotalBytes,
                IsCompleted = _duration is not null,
                Error = _error,
            };
        }
    }

    private static List<KeyValuePair<string, string>> Redact(IReadOnlyList<HttpField> fields)
    {
        var redacted = new List<KeyValuePair<string, string>>(fields.Count);
        foreach ((string name, string value) in fields)
        {
            redacted.Add(new(name, IsSecret(name) ? Redacted : value));
        }

        return redacted;
    }

    private static bool IsSecret(string name) =>
        name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase);
}
