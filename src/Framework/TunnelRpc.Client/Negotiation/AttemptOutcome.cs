namespace TunnelRpc.Client.Negotiation;

/// <summary>How an attempt at a path ended.</summary>
public enum AttemptOutcome
{
    /// <summary>It was not begun: another path was proved first.</summary>
    NotTried,

    /// <summary>Its path carries the session.</summary>
    Won,

    /// <summary>Its path was proved, too, and closed again in favour of a preferred one.</summary>
    Lost,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It did not finish within the time an attempt may take.</summary>
    TimedOut,

    /// <summary>It was given up because another path was proved.</summary>
    Abandoned,
}
