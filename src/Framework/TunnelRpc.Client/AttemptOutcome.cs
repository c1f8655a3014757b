namespace TunnelRpc.Client;

/// <summary>How an attempt at a path ended.</summary>
public enum AttemptOutcome
{
    /// <summary>It was not begun: another path was proved first.</summary>
    NotTried,

    /// <summary>Its path carries the session.</summary>
    Won,

    /// <summary>Its path was proved, too, and closed in favour of a preferred one, at once or when that could be had.</summary>
    Superseded,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It did not finish within the time an attempt may take.</summary>
    TimedOut,

    /// <summary>It was given up because another path was proved.</summary>
    Abandoned,

    /// <summary>Its path carried the session until nothing came through any more; the session has moved to another.</summary>
    Stalled,

    /// <summary>Its path carried the session until the path was lost, and the session with it.</summary>
    Disconnected,
}
