using TunnelRpc.Sessions;

namespace TunnelRpc.Client;

/// <summary>
/// The client found no path to the server. <see cref="Report"/> lists the attempts. <see cref="TunnelException.Status"/> is
/// <see cref="TunnelStatus.Unauthenticated"/> if the server requires other credentials (401), <see cref="TunnelStatus.PermissionDenied"/>
/// if all its responses were 403, and <see cref="TunnelStatus.Unavailable"/> otherwise. <see cref="TunnelException.Outcome"/> is
/// <see cref="TunnelCallOutcome.NotSent"/>, unless the call was sent on an earlier session and may have run.
/// </summary>
public sealed class TunnelConnectException : TunnelException
{
    internal TunnelConnectException(PathReport report, Exception? innerException, TunnelStatus status = TunnelStatus.Unavailable)
        : base(status, report.ToString(), innerException)
    {
        Report = report;
        Outcome = TunnelCallOutcome.NotSent;
    }

    /// <summary>Copies a failure, so that each caller gets an exception of its own.</summary>
    internal TunnelConnectException(TunnelConnectException failure)
        : this(failure.Report, failure.InnerException, failure.Status)
    {
        IsTransient = failure.IsTransient;
        Refusals = failure.Refusals;
        RetryAfter = failure.RetryAfter;
    }

    /// <summary>The attempts.</summary>
    public PathReport Report { get; }

    /// <summary>Whether another attempt may succeed soon.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>The refusals of the server, where an attempt reached it.</summary>
    internal IReadOnlyList<SessionRefusedException> Refusals { get; init; } = [];

    /// <summary>
    /// The least delay before the next attempt that the server, or an intermediary, asked for; zero when none did. The client waits
    /// <see cref="TunnelClientOptions.MaxReconnectDelay"/> at most.
    /// </summary>
    internal TimeSpan RetryAfter { get; init; }
}
