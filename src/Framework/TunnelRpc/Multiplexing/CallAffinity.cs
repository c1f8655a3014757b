namespace TunnelRpc.Multiplexing;

/// <summary>How a call of this side stands to those that run.</summary>
internal enum CallAffinity
{
    /// <summary>It can be made on any session: on one that drains it is not made any more.</summary>
    AnySession = 0,

    /// <summary>It belongs to this session: to an object that was passed on it, or, without an answer, to a call that runs.</summary>
    ThisSession,

    /// <summary>It is nested in a call that runs, says so by its chain, and may be what that call waits for.</summary>
    Nested,
}
