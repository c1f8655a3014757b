using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

/// <summary>
/// A request in a <see cref="RequestQueue"/>. The queue guards its state. Waiting → Delivered → Completed; a delivery that failed returns a
/// request that may be repeated to Waiting; every state can become Completed.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="body">Its body, for the dialects that hold it in memory.</param>
/// <param name="arrival">The timestamp of its arrival.</param>
internal sealed class QueuedRequest(GatewayRequest request, ReadOnlyMemory<byte> body, long arrival)
{
    private readonly TaskCompletionSource<GatewayResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request.</summary>
    public GatewayRequest Request { get; } = request;

    /// <summary>The body, for the dialects that hold it in memory.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>The timestamp of the arrival.</summary>
    public long Arrival { get; } = arrival;

    /// <summary>The response, or the failure.</summary>
    public Task<GatewayResponse> Response => _response.Task;

    /// <summary>Whether the client waits no longer for a response.</summary>
    public bool IsCompleted => _response.Task.IsCompleted;

    /// <summary>The id by which a dialect answers the request. Set by the queue, under its lock.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary>Guarded by the queue's lock.</summary>
    public QueuedRequestState State { get; set; }

    /// <summary>Guarded by the queue's lock: the request's node in the list of waiting ones; null in other states.</summary>
    public LinkedListNode<QueuedRequest>? Node { get; set; }

    /// <summary>Completes the request; called by the queue, once.</summary>
    public void SetResponse(GatewayResponse response) => _response.SetResult(response);

    /// <summary>Fails the request; called by the queue, once.</summary>
    public void SetFailure(Exception failure) => _response.SetException(failure);

    /// <summary>Cancels the request; called by the queue, once.</summary>
    public void SetCanceled(CancellationToken cancellationToken) => _response.SetCanceled(cancellationToken);
}

/// <summary>The states of a <see cref="QueuedRequest"/>.</summary>
internal enum QueuedRequestState
{
    /// <summary>It waits for a poll.</summary>
    Waiting,

    /// <summary>A poller has it and has not answered.</summary>
    Delivered,

    /// <summary>It was answered, or has failed, or its client has left.</summary>
    Completed,
}
