namespace TunnelRpc;

/// <summary>How the callee dispatches the calls of a contract.</summary>
public enum TunnelDispatch
{
    /// <summary>Concurrently. This is the default.</summary>
    Concurrent,

    /// <summary>
    /// One at a time for each session, in the order in which the peer made the calls. A streaming call runs until its streams have ended.
    /// Calls nested in the running call do not wait for it: they start at once.
    /// </summary>
    Ordered,
}
