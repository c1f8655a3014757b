namespace Fleet.Agents;

/// <summary>What an agent must be told.</summary>
internal sealed record AgentOptions
{
    /// <summary>Its name in the fleet.</summary>
    public required string Name { get; init; }

    /// <summary>The server.</summary>
    public required Uri Server { get; init; }

    /// <summary>What it proves itself with.</summary>
    public required string Token { get; init; }

    /// <summary>The agent's own folder: operators read logs in its "logs", and what they send goes to its "inbox". Nothing else is touched.</summary>
    public required string Folder { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>All that operators can run, by the names that they use; nothing by default.</summary>
    public IReadOnlyDictionary<string, AllowedCommand> Commands { get; init; } = new Dictionary<string, AllowedCommand>();

    /// <summary>The proxy on the way, if there is one.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Bytes that one upload may have.</summary>
    public long MaxUpload { get; init; } = 1L << 30;

    /// <summary>How long after the end of a session the agent dials again; doubles while it fails, up to half a minute.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what runs on the agent waits for another path when its own is lost; zero: it fails at once.</summary>
    public TimeSpan ResumeWindow { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a log that is tailed is looked at.</summary>
    public TimeSpan TailInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
