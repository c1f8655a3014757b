using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Polling;

// Decision: docs/adr/0096-queue-of-requests.md
/// <summary>
/// The requests for a name that wait for programs to fetch them. Each is delivered to one poller and answered once. Polls are served in the
/// order of their arrival, and so are requests. Requests whose client has left are skipped. Bounded in requests, polls and time.
/// Thread-safe.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestQueue(RequestQueueLimits limits, TimeProvider time)
{
    private const string ClosedText = "The program behind the gateway has left.";

    // Guards all fields, and the states of the requests. Tasks that complete under it run their continuations elsewhere.
    private readonly Lock _gate = new();

    // Requests in the state Waiting, the next one first.
    private readonly LinkedList<QueuedRequest> _waiting = new();

    // Polls that wait, the next one first. Empty while a request waits.
    private readonly LinkedList<TaskCompletionSource<PollResult>> _polls = new();

    // The requests that are not completed.
    private readonly SecretTable<QueuedRequest> _pending = new();

    // The number of requests in the state Delivered.
    private int _delivered;

    // When a poller was last seen: a poll that ended, or a response.
    private long _lastSeen = time.GetTimestamp();
    private bool _closed;

    /// <summary>The number of requests that are not completed.</summary>
    public int PendingRequests
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>The number of polls that wait for a request.</summary>
    public int PendingPolls
    {
        get
        {
            lock (_gate)
            {
                return _polls.Count;
            }
        }
    }

    /// <summary>Adds a request, and waits for its response.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body, for the dialects that hold it in memory.</param>
    /// <param name="cancellationToken">Signals that the client has left: the request is removed.</param>
    /// <exception cref="GatewayOriginException">
    /// Unreachable: the queue is full or was closed. Timeout: no poller, or no response in time. BadResponse: the poller's answer is no
    /// HTTP response, or its connection broke while it received the request.
    /// </exception>
    public ValueTask<GatewayResponse> SendAsync(
        GatewayRequest request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
        => SendAsync(new QueuedRequest(request, body, time.GetTimestamp()), cancellationToken);

    /// <summary>Adds a request that the caller has created, and waits for its response, as the other overload does.</summary>
    public async ValueTask<GatewayResponse> SendAsync(QueuedRequest queued, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Enqueue(queued);
        ITimer? timer = null;
        void Check()
        {
            if (CheckDue(queued) is { } next)
            {
                timer!.Change(next, Timeout.InfiniteTimeSpan);
            }
        }

        timer = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            Check();
            CancellationTokenRegistration left = cancellationToken.UnsafeRegister(
                (_, token) => TryComplete(queued, request => request.SetCanceled(token), isSeen: false), null);
            await using (left.ConfigureAwait(false))
            {
                return await queued.Response.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for a request.</summary>
    /// <param name="timeout">The time to wait, or infinite.</param>
    /// <param name="cancellationToken">Signals that the poller has left.</param>
    /// <exception cref="OperationCanceledException">The poller has left. No request was delivered to it.</exception>
    public async ValueTask<PollResult> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<PollResult>> poll;
        lock (_gate)
        {
            _lastSeen = time.GetTimestamp();
            if (_closed)
            {
                return new PollResult(PollStatus.Closed);
            }

            if (_waiting.First is { } first)
            {
                return new PollResult(PollStatus.Delivered, Deliver(first));
            }

            if (_polls.Count >= limits.MaxPolls)
            {
                return new PollResult(PollStatus.TooMany);
            }

            poll = _polls.AddLast(new TaskCompletionSource<PollResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using CancellationTokenSource expiry = new(timeout, time);
        using CancellationTokenRegistration expired = expiry.Token.UnsafeRegister(
            _ => TryEnd(poll, source => source.SetResult(new PollResult(PollStatus.TimedOut))), null);
        using CancellationTokenRegistration left = cancellationToken.UnsafeRegister(
            (_, token) => TryEnd(poll, source => source.SetCanceled(token)), null);
        return await poll.Value.Task.ConfigureAwait(false);
    }

    /// <summary>Finds a request by its id. Returns null when the id is unknown or its request is completed.</summary>
    public QueuedRequest? Find(string? id)
    {
        lock (_gate)
        {
            return _pending.TryGet(id, out QueuedRequest? queued) && queued.State == QueuedRequestState.Delivered ? queued : null;
        }
    }

    /// <summary>Answers a delivered request. Returns false, and does not take the response, when it is completed.</summary>
    public bool TryAnswer(QueuedRequest queued, GatewayResponse response)
        => TryComplete(queued, request => request.SetResponse(response), isSeen: true);

    /// <summary>Fails a request. Returns false when it is completed.</summary>
    public bool TryFail(QueuedRequest queued, GatewayFailure failure, string message)
        => TryComplete(queued, request => request.SetFailure(new GatewayOriginException(failure, message)), isSeen: true);

    /// <summary>
    /// States that a delivery failed: the poller's connection broke before the request was written to it. A request that may be sent twice
    /// (RFC 9110, 9.2.2) is the next one again; another one fails, since the poller may have received it.
    /// </summary>
    /// <param name="queued">The request.</param>
    /// <param name="nothingSent">Whether no byte of it was written, so that each request may be sent again.</param>
    public void ReturnUndelivered(QueuedRequest queued, bool nothingSent = false)
    {
        if (!nothingSent && !IsIdempotent(queued.Request.Method))
        {
            TryFail(
                queued,
                GatewayFailure.BadResponse,
                $"The connection of the program behind the gateway broke while it received the request, a {queued.Request.Method}.");
            return;
        }

        lock (_gate)
        {
            if (queued.State != QueuedRequestState.Delivered)
            {
                return;
            }

            _delivered--;
            queued.State = QueuedRequestState.Waiting;
            queued.Node = _waiting.AddFirst(queued);
            DeliverToPolls();
        }
    }

    /// <summary>Closes the queue: all requests fail as unreachable, polls end with <see cref="PollStatus.Closed"/>.</summary>
    public void Close()
    {
        List<(QueuedRequest Request, bool IsDelivered)> pending;
        lock (_gate)
        {
            _closed = true;
            pending = [.. _pending.Values.Select(queued => (queued, queued.State == QueuedRequestState.Delivered))];
            while (_polls.First is { } poll)
            {
                _polls.Remove(poll);
                poll.Value.SetResult(new PollResult(PollStatus.Closed));
            }
        }

        foreach ((QueuedRequest queued, bool isDelivered) in pending)
        {
            TryFail(queued, isDelivered ? GatewayFailure.BadResponse : GatewayFailure.Unreachable, ClosedText);
        }
    }

    // RFC 9110, 9.2.2.
    private static bool IsIdempotent(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE";

    private void Enqueue(QueuedRequest queued)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new GatewayOriginException(GatewayFailure.Unreachable, ClosedText);
            }

            if (_pending.Count >= limits.MaxRequests)
            {
                throw new GatewayOriginException(
                    GatewayFailure.Unreachable,
                    $"{limits.MaxRequests} requests wait for the program behind the gateway (MaxPendingRequests). Retry later.");
            }

            queued.Id = _pending.Add(queued);
            queued.Node = _waiting.AddLast(queued);
            DeliverToPolls();
        }
    }

    // Called under _gate.
    private void DeliverToPolls()
    {
        while (_waiting.First is { } request && _polls.First is { } poll)
        {
            _polls.Remove(poll);
            poll.Value.SetResult(new PollResult(PollStatus.Delivered, Deliver(request)));
        }
    }

    // Called under _gate.
    private QueuedRequest Deliver(LinkedListNode<QueuedRequest> node)
    {
        _waiting.Remove(node);
        _delivered++;
        node.Value.Node = null;
        node.Value.State = QueuedRequestState.Delivered;
        return node.Value;
    }

    private void TryEnd(
        LinkedListNode<TaskCompletionSource<PollResult>> poll, Action<TaskCompletionSource<PollResult>> end)
    {
        lock (_gate)
        {
            // A poll that is not in the list has its result.
            if (poll.List is not null)
            {
                _polls.Remove(poll);
                _lastSeen = time.GetTimestamp();
                end(poll.Value);
            }
        }
    }

    private bool TryComplete(QueuedRequest queued, Action<QueuedRequest> complete, bool isSeen)
    {
        lock (_gate)
        {
            if (queued.State == QueuedRequestState.Completed)
            {
                return false;
            }

            if (queued.Node is { } node)
            {
                _waiting.Remove(node);
                queued.Node = null;
            }
            else
            {
                _delivered--;
            }

            queued.State = QueuedRequestState.Completed;
            _pending.Remove(queued.Id);
            if (isSeen)
            {
                _lastSeen = time.GetTimestamp();
            }

            complete(queued);
            return true;
        }
    }

    // Fails the request if it is late; otherwise returns the time until the next check. Null when the request is completed.
    private TimeSpan? CheckDue(QueuedRequest queued)
    {
        string late;
        lock (_gate)
        {
            if (queued.State == QueuedRequestState.Completed)
            {
                return null;
            }

            TimeSpan age = time.GetElapsedTime(queued.Arrival);
            TimeSpan unseen = time.GetElapsedTime(Math.Max(_lastSeen, queued.Arrival));
            bool needsPoller = limits.PollerTimeout != Timeout.InfiniteTimeSpan
                && queued.State == QueuedRequestState.Waiting
                && _delivered == 0;
            if (age >= limits.ResponseTimeout)
            {
                late = queued.State == QueuedRequestState.Waiting
                    ? $"The program behind the gateway did not fetch the request within {limits.ResponseTimeout.TotalSeconds:0} s."
                    : $"The program behind the gateway did not respond within {limits.ResponseTimeout.TotalSeconds:0} s (ResponseTimeout).";
            }
            else if (needsPoller && unseen >= limits.PollerTimeout)
            {
                late = $"The program behind the gateway did not poll within {limits.PollerTimeout.TotalSeconds:0} s (PollerTimeout).";
            }
            else
            {
                TimeSpan untilPoller = limits.PollerTimeout == Timeout.InfiniteTimeSpan
                    ? TimeSpan.MaxValue
                    : needsPoller ? limits.PollerTimeout - unseen : limits.PollerTimeout;
                TimeSpan untilResponse = limits.ResponseTimeout - age;
                return untilPoller < untilResponse ? untilPoller : untilResponse;
            }
        }

        TryComplete(
            queued, request => request.SetFailure(new GatewayOriginException(GatewayFailure.Timeout, late)), isSeen: false);
        return null;
    }
}
