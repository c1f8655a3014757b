namespace TunnelRpc;

/// <summary>What is known of a call that failed: whether it may be made again without running twice.</summary>
public enum TunnelCallOutcome
{
    /// <summary>It may have run, or not: it was sent, and its answer never came. Only what may run twice is safe to make again.</summary>
    Unknown = 0,

    /// <summary>It has not run: it was not sent, or the peer said that it did not accept it. It may be made again.</summary>
    NotSent,

    /// <summary>The peer has answered it, also where this side could not make use of the answer.</summary>
    Completed,
}
