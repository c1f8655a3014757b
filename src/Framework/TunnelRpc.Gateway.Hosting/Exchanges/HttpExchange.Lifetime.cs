using Microsoft.AspNetCore.Http.Features;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

// The end of an exchange before its time, by the caller or by the application.
internal sealed partial class HttpExchange : IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private CancellationToken? _replacedRequestAborted;

    /// <summary>Cancelled when the caller has cancelled, the session has ended, or the application aborts the request.</summary>
    public CancellationToken RequestAborted
    {
        get => _replacedRequestAborted ?? AbortToken;
        set => _replacedRequestAborted = value;
    }

    /// <summary>Cancelled with the abort, also if the application has replaced its own token.</summary>
    public CancellationToken AbortToken
    {
        get
        {
            lock (_gate)
            {
                return _abortReason is not null && _abortSource is null
                    ? new CancellationToken(canceled: true)
                    : (_abortSource ??= new CancellationTokenSource()).Token;
            }
        }
    }

    void IHttpRequestLifetimeFeature.Abort() =>
        Abort(new TunnelException(TunnelStatus.Internal, "The application aborted the request."));

    void IHttpResetFeature.Reset(int errorCode) =>
        Abort(new TunnelException(TunnelStatus.Internal, $"The application reset the request with the error code {errorCode}."));

    /// <summary>
    /// Aborts the exchange: the parts of the response end with the reason, writes are dropped, and reads fail. No effect when the response
    /// is complete or the exchange is aborted already.
    /// </summary>
    /// <param name="reason">What the caller gets.</param>
    public void Abort(TunnelException reason)
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            if (_isEnded || _abortReason is not null)
            {
                return;
            }

            _abortReason = reason;
            source = _abortSource;
        }

        _headOrAbort.TrySetResult();
        _responsePipe.Reader.CancelPendingRead();
        _responsePipe.Writer.CancelPendingFlush();
        try
        {
            source?.Cancel();
        }
        catch (AggregateException error)
        {
            HostingLog.AbortCallbackFailed(_logger, error, Method, _request.Name);
        }
    }
}
