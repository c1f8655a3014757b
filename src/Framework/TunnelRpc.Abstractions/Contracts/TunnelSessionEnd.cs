namespace TunnelRpc;

/// <summary>Why a session has ended. Immutable.</summary>
public sealed class TunnelSessionEnd
{
    internal TunnelSessionEnd(TunnelSessionEndCause cause, TunnelStatus status, string reason)
    {
        Cause = cause;
        Status = status;
        Reason = reason;
    }

    /// <summary>What has ended the session.</summary>
    public TunnelSessionEndCause Cause { get; }

    /// <summary>The status with which it was closed or aborted; <see cref="TunnelStatus.Unavailable"/> if its path was lost.</summary>
    public TunnelStatus Status { get; }

    /// <summary>The reason, for logs. It may contain text of the client.</summary>
    public string Reason { get; }

    /// <summary>Cause, status and reason, for logs.</summary>
    public override string ToString() => $"{Cause} ({Status}): {Reason}";
}
