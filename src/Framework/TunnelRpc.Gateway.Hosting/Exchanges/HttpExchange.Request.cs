using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

// The request as the application sees it.
internal sealed partial class HttpExchange :
    IHttpRequestFeature,
    IHttpRequestBodyDetectionFeature,
    IHttpRequestTrailersFeature,
    IHttpMaxRequestBodySizeFeature,
    IHttpRequestIdentifierFeature,
    IHttpConnectionFeature,
    ITunnelOriginFeature
{
    // Identifies the exchanges of this process: the same for all, and a number for each.
    private static readonly string ProcessId = Guid.NewGuid().ToString("N")[..12];
    private static long _lastNumber;

    private readonly string _connectionId;
    private long? _maxRequestBodySize;
    private bool _isBodyRead;
    private string? _traceIdentifier;
    private string? _replacedConnectionId;
    private HeaderDictionary? _requestTrailers;

    public string Protocol { get; set; }

    public string Scheme { get; set; }

    public string Method { get; set; }

    public string PathBase { get; set; }

    public string Path { get; set; }

    public string QueryString { get; set; }

    public string RawTarget { get; set; }

    public IHeaderDictionary Headers { get; set; }

    public Stream Body { get; set; }

    /// <inheritdoc/>
    public bool CanHaveBody => _request.HasBody && !IsTunnel;

    /// <inheritdoc/>
    public bool IsReadOnly => _isBodyRead || IsTunnel;

    /// <inheritdoc/>
    public long? MaxRequestBodySize
    {
        get => _maxRequestBodySize;
        set
        {
            if (IsReadOnly)
            {
                throw new InvalidOperationException(
                    "MaxRequestBodySize must be set before the application reads the body, and cannot be set for upgraded requests.");
            }

            if (value is < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "MaxRequestBodySize must be null or at least 0.");
            }

            _maxRequestBodySize = value;
        }
    }

    /// <inheritdoc/>
    [AllowNull]
    public string TraceIdentifier
    {
        get => _traceIdentifier ??= $"{ProcessId}:{Interlocked.Increment(ref _lastNumber):X8}";
        set => _traceIdentifier = value;
    }

    /// <summary>The id of the session, which is the connection of all its requests.</summary>
    [AllowNull]
    public string ConnectionId
    {
        get => _replacedConnectionId ?? _connectionId;
        set => _replacedConnectionId = value;
    }

    public IPAddress? RemoteIpAddress { get; set; }

    public IPAddress? LocalIpAddress { get; set; }

    public int RemotePort { get; set; }

    public int LocalPort { get; set; }

    /// <inheritdoc/>
    public string Name => _request.Name;

    bool IHttpRequestTrailersFeature.Available => !CanHaveBody || RequestBody.IsAtEnd;

    IHeaderDictionary IHttpRequestTrailersFeature.Trailers =>
        ((IHttpRequestTrailersFeature)this).Available
            ? _requestTrailers ??= []
            : throw new InvalidOperationException("The trailers of the request are available when its body has been read to the end.");

    /// <summary>The length that the request states; null if it states none.</summary>
    public long? RequestContentLength => Headers.ContentLength;

    /// <summary>The application starts to read the body.</summary>
    /// <exception cref="BadHttpRequestException">The stated length is above the limit.</exception>
    public void OnBodyRead()
    {
        if (_isBodyRead)
        {
            return;
        }

        _isBodyRead = true;
        if (!IsTunnel && RequestContentLength is { } length)
        {
            CheckRequestBodySize(length);
        }
    }

    /// <summary>Checks the length of the body against the limit.</summary>
    /// <exception cref="BadHttpRequestException">It is above the limit.</exception>
    public void CheckRequestBodySize(long length)
    {
        if (!IsTunnel && length > _maxRequestBodySize)
        {
            throw new BadHttpRequestException(
                $"Request body too large. The limit is {_maxRequestBodySize} bytes (MaxRequestBodySize), got {length} bytes or more.",
                StatusCodes.Status413PayloadTooLarge);
        }
    }

    /// <summary>The trailers of the request have arrived.</summary>
    public void OnRequestTrailers(IReadOnlyList<HttpField> fields)
    {
        if (!HeaderFields.TryRead(fields, out _requestTrailers))
        {
            throw new BadHttpRequestException("The gateway sent trailers that are not valid HTTP fields.");
        }
    }
}
