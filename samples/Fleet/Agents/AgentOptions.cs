namespace Fleet.Agents;

/// <summary>The configuration of an agent.</summary>
internal sealed record AgentOptions
{
    /// <summary>Its name in the fleet.</summary>
    public required string Name { get; init; }

    /// <summary>The server.</summary>
    public required Uri Server { get; init; }

    /// <summary>Returns the agent's bearer token. Asked again before the token expires, and for each path.</summary>
    public required Func<CancellationToken, ValueTask<string?>> AccessTokenProvider { get; init; }

    /// <summary>
    /// The agent's own folder: operators read logs in "logs" and upload files to "inbox". The agent accesses no other folder.
    /// </summary>
    public required string Folder { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The commands that operators can run, by name; empty by default.</summary>
    public IReadOnlyDictionary<string, AllowedCommand> Commands { get; init; } = new Dictionary<string, AllowedCommand>();

    /// <summary>The HTTP proxy; null for none.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Maximum size of one upload, in bytes.</summary>
    public long MaxUpload { get; init; } = 1L << 30;

    /// <summary>Delay between the end of a session and the next connect attempt. Doubles with each failed attempt, up to 30 s.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long calls wait for a new path after the current one is disconnected; zero fails them at once.</summary>
    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a followed log is checked for new lines.</summary>
    public TimeSpan TailInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
