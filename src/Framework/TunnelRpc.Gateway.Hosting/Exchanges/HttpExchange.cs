using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

// Decision: docs/adr/0094-application-without-a-socket.md
/// <summary>
/// One request of a gateway and its response, as the features that an ASP.NET Core application sees. The application writes the response
/// into a pipe, from which <see cref="ResponseParts"/> takes it at the pace of the call's flow control.
/// <list type="bullet">
/// <item>Thread-safety: features are for the application's own flow of control, one member at a time, as with Kestrel. Only
/// <see cref="Abort(TunnelException)"/> and <see cref="RequestAborted"/> may be used at any time from any thread.</item>
/// <item>Lifetime: the exchange is used for one request. Memory of the pipe is returned when both the application has ended
/// (<see cref="ReleaseApplicationSide"/>) and the parts are disposed, because each side may still use it until then.</item>
/// </list>
/// </summary>
[DebuggerDisplay("{Method} {RawTarget}, status {StatusCode}, started {HasStarted}, ended {_isEnded}")]
internal sealed partial class HttpExchange
{
    /// <summary>The number of bytes of a response that wait for the call before a write of the application waits.</summary>
    public const int MaxBufferedResponseBytes = 64 << 10;

    private static readonly PipeOptions ResponsePipeOptions = new(
        BodyBlocks.Instance,
        pauseWriterThreshold: MaxBufferedResponseBytes,
        resumeWriterThreshold: MaxBufferedResponseBytes / 2,
        minimumSegmentSize: BodyBlocks.BlockSize,
        useSynchronizationContext: false);

    private readonly HttpOriginRequest _request;
    private readonly ILogger _logger;
    private readonly Pipe _responsePipe = new(ResponsePipeOptions);

    // Completed when the head of the response may be sent, and when the exchange is aborted.
    private readonly TaskCompletionSource _headOrAbort = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Lock _gate = new();

    // Guarded by _gate: set once, and not after _isEnded. Read without it.
    private volatile TunnelException? _abortReason;

    // Guarded by _gate: created when the application first asks for the token. It has no timer and no links, so it needs no disposal.
    private CancellationTokenSource? _abortSource;

    // Written under _gate: the response is complete, so nothing is aborted any more. Read without it.
    private volatile bool _isEnded;

    private volatile bool _hasApplicationEnded;

    /// <param name="request">The head of the request; it is valid (see <see cref="HostedOrigin{TContext}"/>).</param>
    /// <param name="requestHeaders">The fields of the request.</param>
    /// <param name="path">The decoded path.</param>
    /// <param name="query">The query with its question mark.</param>
    /// <param name="body">The body of the request, or the bytes after an upgrade.</param>
    /// <param name="connectionId">The id of the session.</param>
    /// <param name="maxRequestBodySize">The default of <see cref="IHttpMaxRequestBodySizeFeature"/>.</param>
    /// <param name="logger">Receives failures of the application.</param>
    public HttpExchange(
        HttpOriginRequest request,
        HeaderDictionary requestHeaders,
        string path,
        string query,
        IAsyncEnumerable<HttpOriginPart> body,
        string connectionId,
        long? maxRequestBodySize,
        ILogger logger)
    {
        _request = request;
        _logger = logger;
        _maxRequestBodySize = maxRequestBodySize;
        _connectionId = connectionId;
        Headers = requestHeaders;
        PathBase = PathBaseOf(requestHeaders["X-Forwarded-Prefix"]);
        Method = request.Method;
        Scheme = request.Scheme;
        Path = path;
        QueryString = query;
        RawTarget = request.Target;
        Protocol = ProtocolOf(request.Version);
        if (System.Net.IPEndPoint.TryParse(request.RemoteEndPoint ?? "", out System.Net.IPEndPoint? remote))
        {
            RemoteIpAddress = remote.Address;
            RemotePort = remote.Port;
        }

        RequestBody = new RequestBody(body, this);
        Body = IsTunnel || !request.HasBody ? Stream.Null : RequestBody;
        ResponseWriter = new ResponseWriter(this, _responsePipe.Writer);
        ResponseStream = new ResponseStream(ResponseWriter);
    }

    /// <summary>The exception of the application, for the disposal of its context; null when it has not failed.</summary>
    public Exception? ApplicationException { get; private set; }

    /// <summary>Completes, without an exception, when the application no longer uses the exchange.</summary>
    public Task Completion { get; set; } = Task.CompletedTask;

    /// <summary>The bytes of the request's body, or those after an upgrade.</summary>
    public RequestBody RequestBody { get; }

    /// <summary>Where the application writes the response's body.</summary>
    public ResponseWriter ResponseWriter { get; }

    /// <summary><see cref="ResponseWriter"/> as a stream.</summary>
    public ResponseStream ResponseStream { get; }

    /// <summary>The bytes that the application has written, for <see cref="ResponseParts"/>.</summary>
    public PipeReader ResponseReader => _responsePipe.Reader;

    /// <summary>Whether the exchange is aborted.</summary>
    public bool IsAborted => _abortReason is not null;

    /// <summary>Whether the request asks for a connection of bytes in both directions: an upgrade, or an extended CONNECT.</summary>
    private bool IsTunnel => _request.Protocol is not null;

    private bool IsHttp2OrLater => _request.Version is "2" or "3";

    /// <summary>Adds the features of this request. Those that do not apply to it are not added.</summary>
    public void AddFeaturesTo(IFeatureCollection features)
    {
        features.Set<IHttpRequestFeature>(this);
        features.Set<IHttpRequestBodyDetectionFeature>(this);
        features.Set<IHttpRequestTrailersFeature>(this);
        features.Set<IHttpMaxRequestBodySizeFeature>(this);
        features.Set<IHttpRequestIdentifierFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set<IHttpConnectionFeature>(this);
        features.Set<IHttpResponseFeature>(this);
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<ITunnelOriginFeature>(this);
        if (IsHttp2OrLater)
        {
            features.Set<IHttpResetFeature>(this);
            features.Set<IHttpResponseTrailersFeature>(this);
        }

        // One of them is present in every request, as in Kestrel: its presence says that the server supports upgrades. SignalR, for
        // instance, offers WebSockets by it.
        if (HttpMethods.IsConnect(_request.Method) || (IsHttp2OrLater && !IsTunnel))
        {
            features.Set<IHttpExtendedConnectFeature>(this);
        }
        else
        {
            features.Set<IHttpUpgradeFeature>(this);
        }
    }

    /// <summary>Records a failure of the application, which decides the status if the response has not started.</summary>
    public void OnApplicationFailed(Exception error)
    {
        if (IsAborted && error is OperationCanceledException or IOException)
        {
            HostingLog.RequestAborted(_logger, Method, _request.Name);
            return;
        }

        ApplicationException = ApplicationException is null ? error : new AggregateException(ApplicationException, error).Flatten();
        if (error is BadHttpRequestException)
        {
            HostingLog.BadRequest(_logger, Method, _request.Name, error.Message);
        }
        else
        {
            HostingLog.ApplicationFailed(_logger, error, Method, _request.Name);
        }
    }

    /// <summary>The application has returned, so it reads no more of the request's body.</summary>
    public void OnApplicationEnded() => _hasApplicationEnded = true;

    /// <summary>
    /// Waits until the end of the response may be sent. It ends the call, and with it the request's body, which the application may still
    /// read after it has completed the response.
    /// </summary>
    public Task WaitForRequestBodyAsync() =>
        _hasApplicationEnded || !_request.HasBody || RequestBody.IsAtEnd ? Task.CompletedTask : Completion;

    /// <summary>The application has ended and writes no more. The memory that it has written is returned when it is sent.</summary>
    public async ValueTask ReleaseApplicationSide()
    {
        await _responsePipe.Writer.CompleteAsync().ConfigureAwait(false);
        await RequestBody.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Throws if the exchange is aborted: the caller gets the reason, and knows that the response is not complete.</summary>
    public void ThrowIfAborted()
    {
        if (_abortReason is { } reason)
        {
            throw new TunnelException(reason.Status, reason.Message, reason);
        }
    }

    /// <summary>The path under which the gateway has the application. The gateway sets the field, and drops that of a client.</summary>
    private static string PathBaseOf(string? prefix) =>
        prefix is { Length: > 1 } && RequestTarget.TryParse(prefix, out string? path, out _) ? path.TrimEnd('/') : "";

    private static string ProtocolOf(string version) => version switch
    {
        "1.0" => HttpProtocol.Http10,
        "2" => HttpProtocol.Http2,
        "3" => HttpProtocol.Http3,
        _ => HttpProtocol.Http11,
    };
}
