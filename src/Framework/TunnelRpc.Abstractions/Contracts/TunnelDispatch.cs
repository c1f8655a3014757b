namespace TunnelRpc;

/// <summary>How the calls of a contract run where it is served.</summary>
public enum TunnelDispatch
{
    /// <summary>At once, beside one another. The default.</summary>
    Concurrent,

    /// <summary>
    /// One at a time, in the order in which the session's peer made them; a call that streams runs until its streams are over. What a
    /// call brings about by calling back is not kept waiting by it: calls nested in it run at once.
    /// </summary>
    Ordered,
}
