using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Forwarding;

/// <summary>Counts one exchange, and notifies the observer of the application. Thread-safe.</summary>
internal sealed class ExchangeRecord(
    OriginForwarder forwarder, Action<HttpOriginExchange>? onExchange, HttpOriginRequest request, long id, TimeProvider timeProvider)
{
    private readonly long _start = timeProvider.GetTimestamp();
    private readonly DateTimeOffset _started = onExchange is null ? default : timeProvider.GetUtcNow();

    // Changed atomically: the request and the response are copied at the same time.
    private long _requestBytes;
    private long _responseBytes;

    // Written by the exchange only.
    private int? _status;

    public void AddRequestBytes(int count) => Interlocked.Add(ref _requestBytes, count);

    public void AddResponseBytes(int count) => Interlocked.Add(ref _responseBytes, count);

    /// <summary>The head of the response has arrived.</summary>
    public void OnHead(int status)
    {
        _status = status;
        Notify(isCompleted: false, null);
    }

    /// <summary>The exchange has ended. Called once.</summary>
    public void OnEnded(string? error) => Notify(isCompleted: true, error);

    private void Notify(bool isCompleted, string? error)
    {
        if (onExchange is null)
        {
            return;
        }

        try
        {
            onExchange(new HttpOriginExchange
            {
                Id = id,
                Name = request.Name,
                Method = request.Method,
                Target = request.Target,
                RemoteEndPoint = request.RemoteEndPoint,
                Protocol = request.Protocol,
                Started = _started,
                Elapsed = timeProvider.GetElapsedTime(_start),
                Status = _status,
                RequestBytes = Interlocked.Read(ref _requestBytes),
                ResponseBytes = Interlocked.Read(ref _responseBytes),
                IsCompleted = isCompleted,
                Error = error,
            });
        }
        catch (Exception failure)
        {
            GatewayClientLog.HandlerFailed(forwarder.Logger, failure, request.Name);
        }
    }
}
