namespace TunnelRpc;

/// <summary>What both sides of a tunnel can set. Checked when a client or server is made of it, and not to be changed after that.</summary>
public class TunnelOptions
{
    /// <summary>The bounds.</summary>
    public TunnelLimits Limits { get; } = new();

    /// <summary>After how long without a byte received or sent a ping goes out; two unanswered ones end the path, or
    /// as many as fit into four round trips, where those take longer. Default 15 s.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a session that has lost its path waits for another one before it is over, with calls under way unharmed; the lesser one of both
    /// sides counts. Zero: a lost path ends the session. Default 2 minutes, and otherwise at least a second.
    /// </summary>
    public TimeSpan ResumeWindow { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the four records of the handshake may take on a server; a client bounds them with the rest of its attempt. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an orderly close waits for the peer's own. Default 2 s.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether the text of an unhandled exception travels to the caller. Off by default: it may hold secrets.</summary>
    public bool IncludeExceptionDetails { get; set; }

    /// <summary>The only clock the tunnel uses.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>What runs around each call, made or served; none by default.</summary>
    public TunnelFilters Filters { get; } = new();

    /// <summary>Compression of large messages; off by default.</summary>
    public TunnelCompressionOptions Compression { get; } = new();

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    internal virtual void Validate()
    {
        Limits.Validate();
        Compression.Validate();
        CheckDuration(KeepAliveInterval, nameof(KeepAliveInterval));
        CheckDuration(HandshakeTimeout, nameof(HandshakeTimeout));
        CheckDuration(CloseTimeout, nameof(CloseTimeout));
        if (ResumeWindow != TimeSpan.Zero && (ResumeWindow < TimeSpan.FromSeconds(1) || ResumeWindow > TimeSpan.FromDays(1)))
        {
            throw new ArgumentOutOfRangeException(nameof(ResumeWindow), ResumeWindow, "ResumeWindow must be zero, or from a second to a day.");
        }

        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private protected static void CheckDuration(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be more than zero and at most a day.");
        }
    }
}
