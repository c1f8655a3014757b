namespace TunnelRpc;

/// <summary>States whether a failed call may have run at the callee, and therefore whether a retry could run it twice.</summary>
public enum TunnelCallOutcome
{
    /// <summary>The call was sent, and no reply arrived: it may have run or not. Only an idempotent call can be retried safely.</summary>
    Unknown = 0,

    /// <summary>The call has not run: it was not sent, or the peer reported that it did not accept it. It can be retried safely.</summary>
    NotSent,

    /// <summary>The peer has replied to the call, even if this side could not use the reply.</summary>
    Completed,
}
