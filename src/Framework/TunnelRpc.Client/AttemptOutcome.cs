namespace TunnelRpc.Client;

/// <summary>The result of one transport's attempt to open a path, or of the path that it opened.</summary>
public enum AttemptOutcome
{
    /// <summary>
    /// The attempt was not started, because another transport had a path before, because the response to another transport asked to wait
    /// before further requests (429, or Retry-After), or because the server requires other credentials (401).
    /// </summary>
    NotTried,

    /// <summary>The path carries the session.</summary>
    Won,

    /// <summary>
    /// The path was established, but is closed because a preferred transport has a path: either at the end of the race, or later, when the
    /// session migrated to the preferred transport.
    /// </summary>
    Superseded,

    /// <summary>The attempt failed.</summary>
    Failed,

    /// <summary>The attempt did not finish within <see cref="TunnelClientOptions.AttemptTimeout"/>.</summary>
    TimedOut,

    /// <summary>The attempt was cancelled, because another transport had a path first, or because connecting was cancelled.</summary>
    Abandoned,

    /// <summary>The path carried the session until it stalled. The session migrated to another path.</summary>
    Stalled,

    /// <summary>
    /// The path carried the session until the path was disconnected. The session resumed on another path if the report has an attempt with
    /// the outcome <see cref="Won"/>; otherwise the session ended.
    /// </summary>
    Disconnected,
}
