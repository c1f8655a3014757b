namespace TunnelRpc.Gateway.Polling;

/// <summary>How a poll ended.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Request">The request, when there is one.</param>
internal readonly record struct PollResult(PollStatus Status, QueuedRequest? Request = null);

/// <summary>The ends of a poll.</summary>
internal enum PollStatus
{
    /// <summary>There is a request.</summary>
    Delivered,

    /// <summary>No request arrived in time.</summary>
    TimedOut,

    /// <summary>The queue was closed.</summary>
    Closed,

    /// <summary>Too many polls wait.</summary>
    TooMany,
}
