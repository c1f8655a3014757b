using System.Net;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

/// <summary>
/// One request to a local server and its response. Used by one call, in the order start, read, trailers, complete. Disposal aborts what is
/// not complete.
/// </summary>
internal sealed class OriginExchange(
    OriginForwarder forwarder, HttpOriginRequest request, IAsyncEnumerable<HttpOriginPart> body, ExchangeRecord record) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private HttpRequestMessage? _message;
    private HttpResponseMessage? _response;
    private Stream? _stream;

    // The body of a request over HTTP/1.1. The handler sends that of a request over HTTP/2.
    private OriginUpload? _body;

    // The copy to the server after an upgrade.
    private Task _upload = Task.CompletedTask;
    private bool _isComplete;
    private string? _error;

    /// <summary>Sends the request, and returns the head of the response.</summary>
    /// <exception cref="TunnelException">There is no response.</exception>
    public async ValueTask<HttpOriginPart> StartAsync(
        HttpMessageInvoker invoker, OriginMessageFactory messages, CancellationToken cancellationToken)
    {
        try
        {
            bool hasBody = request.HasBody && request.Protocol is null;
            bool isHttp11 = messages.IsHttp11 || request.Protocol is not null;
            OriginRequestContent? content = hasBody && !isHttp11 ? new OriginRequestContent(body, FindLength(), record) : null;
            _message = messages.Create(request, content, out string contentFields);
            if (isHttp11 && (hasBody || contentFields.Length > 0))
            {
                _body = new OriginUpload(
                    hasBody ? body : null, FindLength(), contentFields, OriginTrailers.GetAnnounced(request.Fields), record);
            }

            // The connection on which the handler sends the request finds the upload by it.
            OriginUpload.Current = _body;
            _response = await invoker.SendAsync(_message, cancellationToken).ConfigureAwait(false);
            OriginUpload.Current = null;
            _stream = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Translate(_body?.Failure ?? error, cancellationToken);
        }

        int status = (int)_response.StatusCode;
        bool isUpgraded = _response.StatusCode == HttpStatusCode.SwitchingProtocols;
        if ((isUpgraded && request.Protocol is null) || (!isUpgraded && status < 200))
        {
            throw Fail($"Expected a final response of the origin, got the status {status}.");
        }

        if (isUpgraded)
        {
            _upload = CopyUpgradedAsync();
            if (request.Method == "CONNECT")
            {
                status = (int)HttpStatusCode.OK;
            }
        }

        record.OnHead(status);
        return new HttpOriginPart
        {
            Head = new HttpOriginResponse
            {
                Status = status,
                Reason = _response.ReasonPhrase is { Length: > 0 } reason && HttpFieldRules.IsValue(reason) ? reason : null,
                Fields = GetFields(_response, isUpgraded),
            },
        };
    }

    /// <summary>Waits for bytes of the response, without a buffer. Also true at its end; false when it has no body.</summary>
    public async ValueTask<bool> WaitForDataAsync(CancellationToken cancellationToken)
    {
        if (_response!.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified || request.Method == "HEAD")
        {
            return false;
        }

        try
        {
            await _stream!.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            throw Translate(error, cancellationToken);
        }
    }

    /// <summary>Reads bytes of the response; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            int count = await _stream!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0 && _body?.Failure is { } failure)
            {
                // The upload has closed the connection: this may not be the end of the response.
                throw failure;
            }

            record.AddResponseBytes(count);
            return count;
        }
        catch (Exception error)
        {
            throw Translate(error, cancellationToken);
        }
    }

    /// <summary>Returns the trailers after the end of the response; null when there are none.</summary>
    public IReadOnlyList<HttpField>? GetTrailers()
    {
        List<HttpField>? trailers = null;
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in _response!.TrailingHeaders.NonValidated)
        {
            foreach (string value in values)
            {
                if (!HttpFieldRules.IsHopByHop(name) && HttpFieldRules.IsToken(name) && HttpFieldRules.IsValue(value))
                {
                    (trailers ??= []).Add(new HttpField(name, value));
                }
            }
        }

        return trailers;
    }

    /// <summary>The whole response was read.</summary>
    public void Complete() => _isComplete = true;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Without a complete response this closes the connection to the server, which notices the abort.
        await _ended.CancelAsync().ConfigureAwait(false);
        _response?.Dispose();
        _message?.Dispose();
        if (_body is not null)
        {
            await _body.DisposeAsync().ConfigureAwait(false);
        }

        await _upload.ConfigureAwait(false);
        _ended.Dispose();
        record.OnEnded(_isComplete ? null : _error ?? "Cancelled.");
    }

    private long? FindLength() =>
        HttpFieldRules.TryParseLength(HttpFieldRules.Find(request.Fields, "Content-Length"), out long length) ? length : null;

    /// <summary>
    /// Copies the bytes of the client after an upgrade. Does not fail: when the server no longer reads, or the client has ended its
    /// direction, the other direction continues until it ends or the call is cancelled.
    /// </summary>
    private async Task CopyUpgradedAsync()
    {
        try
        {
            await OriginRequestContent.CopyAsync(body, _stream!, record, flushFirst: false, _ended.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or TunnelException)
        {
            _error ??= _ended.IsCancellationRequested ? null : error.Message;
        }
    }

    private static List<HttpField> GetFields(HttpResponseMessage response, bool isUpgraded)
    {
        var fields = new List<HttpField>();
        IEnumerable<string> connection = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? values : [];
        AddFields(fields, response.Headers.NonValidated, [.. connection], isUpgraded);
        AddFields(fields, response.Content.Headers.NonValidated, [.. connection], isUpgraded);
        return fields;
    }

    private static void AddFields(
        List<HttpField> fields, System.Net.Http.Headers.HttpHeadersNonValidated headers, string[] connection, bool isUpgraded)
    {
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in headers)
        {
            bool isProtocol = isUpgraded && string.Equals(name, "Upgrade", StringComparison.OrdinalIgnoreCase);
            if (!isProtocol && (HttpFieldRules.IsHopByHop(name) || HttpFieldRules.IsNamedBy(connection, name)))
            {
                continue;
            }

            foreach (string value in values)
            {
                fields.Add(new HttpField(name, value));
            }
        }
    }

    private TunnelException Fail(string message)
    {
        _error = message;
        GatewayClientLog.OriginFailed(forwarder.Logger, forwarder.Name, forwarder.Address, message);
        return new TunnelException(TunnelStatus.Internal, message);
    }

    /// <summary>The failure for the gateway. The details, which name the local server, are logged only.</summary>
    private Exception Translate(Exception error, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException("The request was cancelled.", error, cancellationToken);
        }

        if (error is TunnelException)
        {
            _error = error.Message;
            return error;
        }

        bool isUnreachable = _response is null && error switch
        {
            HttpRequestException request => request.HttpRequestError is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,

            // ConnectTimeout.
            OperationCanceledException { InnerException: TimeoutException } => true,
            _ => false,
        };
        _error = error.Message;
        if (isUnreachable)
        {
            GatewayClientLog.OriginUnreachable(forwarder.Logger, forwarder.Name, forwarder.Address, error.Message);
            return new TunnelException(
                TunnelStatus.Unavailable, "The origin does not accept connections. Start it, or retry later.", error);
        }

        GatewayClientLog.OriginFailed(forwarder.Logger, forwarder.Name, forwarder.Address, error.Message);
        return new TunnelException(
            TunnelStatus.Internal,
            _response is null
                ? "Expected an HTTP response of the origin, got none. Its client has logged the cause."
                : "The origin has broken off its response.",
            error);
    }
}
