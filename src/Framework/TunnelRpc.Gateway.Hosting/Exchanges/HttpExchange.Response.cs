using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

// The response as the application sees it. It starts with the first flush, or when the application ends; from then on its head is fixed.
internal sealed partial class HttpExchange : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature
{
    private readonly HeaderDictionary _responseHeaders = [];
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private int _statusCode = StatusCodes.Status200OK;
    private string? _reasonPhrase;
    private IHeaderDictionary? _replacedHeaders;
    private IHeaderDictionary? _responseTrailers;
    private HttpOriginResponse? _head;

    // The Content-Length of the head, once the response has started.
    private long? _responseContentLength;

    private long _responseBytes;

    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ThrowIfStarted(nameof(StatusCode));
            _statusCode = value;
        }
    }

    public string? ReasonPhrase
    {
        get => _reasonPhrase;
        set
        {
            ThrowIfStarted(nameof(ReasonPhrase));
            _reasonPhrase = value;
        }
    }

    IHeaderDictionary IHttpResponseFeature.Headers
    {
        get => ResponseHeaders;
        set
        {
            ThrowIfStarted("Headers");
            _replacedHeaders = value;
        }
    }

    // The setter is that of an obsolete member; applications replace the feature instead.
    Stream IHttpResponseFeature.Body
    {
        get => ResponseStream;
        set => throw new NotSupportedException("Replace IHttpResponseBodyFeature instead of the body of IHttpResponseFeature.");
    }

    public bool HasStarted => _head is not null;

    Stream IHttpResponseBodyFeature.Stream => ResponseStream;

    PipeWriter IHttpResponseBodyFeature.Writer => ResponseWriter;

    IHeaderDictionary IHttpResponseTrailersFeature.Trailers
    {
        get => _responseTrailers ??= new HeaderDictionary();
        set => _responseTrailers = value;
    }

    /// <summary>The head of the response, which is valid from its start on.</summary>
    public HttpOriginResponse Head => _head!;

    /// <summary>Completes when there is a head to send, and when the exchange is aborted.</summary>
    public Task HeadOrAbort => _headOrAbort.Task;

    /// <summary>The trailers, once the response is complete; null for none.</summary>
    public List<HttpField>? ResponseTrailers { get; private set; }

    /// <summary>Whether a body follows the head.</summary>
    public bool HasResponseBody { get; private set; }

    /// <summary>Whether what the application writes is counted and dropped: in a response to HEAD, and after an abort.</summary>
    public bool DropsBody => HttpMethods.IsHead(_request.Method) || IsAborted;

    private IHeaderDictionary ResponseHeaders => _replacedHeaders ?? _responseHeaders;

    public void OnStarting(Func<object, Task> callback, object state)
    {
        ThrowIfStarted(nameof(OnStarting));
        (_onStarting ??= new()).Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => (_onCompleted ??= new()).Push((callback, state));

    void IHttpResponseBodyFeature.DisableBuffering()
    {
        // Each flush is sent as soon as flow control permits.
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) =>
        SendFileFallback.SendFileAsync(ResponseStream, path, offset, count, cancellationToken);

    async Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await StartAsync().ConfigureAwait(false);
        PublishHead();
    }

    /// <summary>Completes the response while the application continues to run. Has no effect when the response is complete.</summary>
    /// <exception cref="InvalidOperationException">
    /// The body is shorter than the Content-Length, or the head or the trailers are not valid.
    /// </exception>
    public async Task CompleteAsync()
    {
        if (_isEnded || IsAborted)
        {
            return;
        }

        await RunOnStartingAsync().ConfigureAwait(false);
        ThrowIfFailed();
        if (!HttpMethods.IsHead(_request.Method)
            && StatusCode != StatusCodes.Status304NotModified
            && ExpectedLength is { } expected
            && _responseBytes < expected)
        {
            throw new InvalidOperationException(
                $"Response Content-Length mismatch: too few bytes written ({_responseBytes} of {expected}).");
        }

        if (!HasStarted)
        {
            CommitHead(isComplete: true);
        }

        End();
    }

    /// <summary>
    /// Completes the response after the application has ended. If it has failed, the response is an error; if it had started by then, it is
    /// aborted, so that the client does not take it for complete.
    /// </summary>
    public void CompleteAfterApplication()
    {
        if (_isEnded)
        {
            return;
        }

        if (IsAborted)
        {
            _statusCode = HasStarted ? _statusCode : StatusCodes.Status499ClientClosedRequest;
            return;
        }

        if (HasStarted)
        {
            Abort(new TunnelException(TunnelStatus.Internal, "The application failed after its response had started."));
            return;
        }

        StartErrorResponse();
        End();
    }

    /// <summary>Runs the callbacks of the application for the end of the response, the last one first. Each failure is logged.</summary>
    public async ValueTask RunOnCompletedAsync()
    {
        while (_onCompleted is not null && _onCompleted.TryPop(out (Func<object, Task> Callback, object State) entry))
        {
            try
            {
                await entry.Callback(entry.State).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                HostingLog.ApplicationFailed(_logger, error, Method, _request.Name);
            }
        }
    }

    /// <summary>Counts bytes that the application writes.</summary>
    /// <exception cref="InvalidOperationException">The response has no body, or less of it.</exception>
    public void OnWriting(long count)
    {
        if (count > 0 && HasStarted && !HasResponseBody && !DropsBody)
        {
            throw BodyNotAllowed();
        }

        CheckCapacity(count);
        _responseBytes += count;
    }

    /// <summary>Checks that bytes which the application is about to write do not exceed the Content-Length.</summary>
    /// <exception cref="InvalidOperationException">They exceed it.</exception>
    public void CheckCapacity(long count)
    {
        if (ExpectedLength is { } expected && _responseBytes + count > expected)
        {
            throw new InvalidOperationException(
                $"Response Content-Length mismatch: too many bytes written ({_responseBytes + count} of {expected}).");
        }
    }

    /// <summary>Starts the response, unless it has started: runs the callbacks of the application, and fixes the head.</summary>
    /// <exception cref="InvalidOperationException">The head is not valid.</exception>
    public async ValueTask StartAsync()
    {
        if (HasStarted)
        {
            return;
        }

        await RunOnStartingAsync().ConfigureAwait(false);
        ThrowIfFailed();
        if (!HasStarted)
        {
            CommitHead(isComplete: false);
        }
    }

    /// <summary>The head may be sent. Called after the first bytes of the body have been flushed, so that they share a frame.</summary>
    public void PublishHead() => _headOrAbort.TrySetResult();

    private long? ExpectedLength => HasStarted ? _responseContentLength : ResponseHeaders.ContentLength;

    /// <summary>Runs the callbacks for the start, the last one first. They may start the response themselves.</summary>
    private async ValueTask RunOnStartingAsync()
    {
        try
        {
            while (_onStarting is not null && _onStarting.TryPop(out (Func<object, Task> Callback, object State) entry))
            {
                await entry.Callback(entry.State).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            // The application may catch what its write throws; the response is an error in any case.
            OnApplicationFailed(error);
        }
    }

    private void CommitHead(bool isComplete)
    {
        if (_statusCode is < 200 or > 999 && !(_statusCode == StatusCodes.Status101SwitchingProtocols && IsUpgraded))
        {
            throw new InvalidOperationException($"The status of a response must be from 200 to 999, got {_statusCode}.");
        }

        IHeaderDictionary headers = ResponseHeaders;
        bool isHead = HttpMethods.IsHead(_request.Method);
        bool isConnect = HttpMethods.IsConnect(_request.Method) && _statusCode is >= 200 and < 300;
        bool hasBody = !isHead && _statusCode is not (204 or 205 or 304);
        bool mayHaveLength = _statusCode is not (101 or 204) && !isConnect;
        if (!hasBody && !isHead && _responseBytes > 0)
        {
            throw BodyNotAllowed();
        }

        if (headers.ContentLength is { } length)
        {
            if (!mayHaveLength && length > 0)
            {
                throw new InvalidOperationException($"A response with status {_statusCode} must have no Content-Length, got {length}.");
            }

            if (_statusCode == StatusCodes.Status205ResetContent && length > 0)
            {
                throw new InvalidOperationException($"A response with status 205 must have a Content-Length of 0, got {length}.");
            }

            if (!mayHaveLength)
            {
                headers.ContentLength = null;
            }
        }
        else if (mayHaveLength && !isHead && _statusCode != 304 && (isComplete || !hasBody))
        {
            // The whole body is known, so the gateway need not delimit it.
            headers.ContentLength = _responseBytes;
        }

        List<HttpField> fields = HeaderFields.Write(headers, IsUpgraded ? _request.Protocol : null);
        _responseContentLength = headers.ContentLength;
        HasResponseBody = hasBody;
        _responseHeaders.IsReadOnly = true;
        _head = new HttpOriginResponse { Status = _statusCode, Reason = _reasonPhrase, Fields = fields };
    }

    private void StartErrorResponse()
    {
        _statusCode = ApplicationException is BadHttpRequestException { StatusCode: >= 400 and <= 599 } bad
            ? bad.StatusCode
            : StatusCodes.Status500InternalServerError;
        _reasonPhrase = null;
        _replacedHeaders = null;
        _responseHeaders.Clear();
        _responseTrailers = null;
        _responseBytes = 0;
        IsUpgraded = false;
        CommitHead(isComplete: true);

        // What the application has written and not flushed is not sent.
        HasResponseBody = false;
    }

    private void End()
    {
        ResponseTrailers = _responseTrailers is { Count: > 0 } trailers ? HeaderFields.Write(trailers, protocol: null) : null;
        lock (_gate)
        {
            if (_abortReason is not null)
            {
                return;
            }

            _isEnded = true;
        }

        _responsePipe.Writer.Complete();
        PublishHead();
    }

    private void ThrowIfStarted(string member)
    {
        if (HasStarted)
        {
            throw new InvalidOperationException($"{member} cannot be set because the response has already started.");
        }
    }

    private void ThrowIfFailed()
    {
        if (ApplicationException is { } failure && !HasStarted)
        {
            throw new ObjectDisposedException(
                "The response cannot be written because an unhandled exception of the application ended it.", failure);
        }
    }

    private InvalidOperationException BodyNotAllowed() =>
        new($"Writing to the response body is invalid for responses with status code {StatusCode}.");
}
