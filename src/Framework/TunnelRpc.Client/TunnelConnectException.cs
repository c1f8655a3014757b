using TunnelRpc.Sessions;

namespace TunnelRpc.Client;

/// <summary>No transport found a path to the server; the report says what each came to.</summary>
public sealed class TunnelConnectException : TunnelException
{
    internal TunnelConnectException(PathReport report, Exception? innerException)
        : base(TunnelStatus.Unavailable, report.ToString(), innerException)
    {
        Report = report;
        Outcome = TunnelCallOutcome.NotSent;
    }

    /// <summary>The same failure, for another caller.</summary>
    internal TunnelConnectException(TunnelConnectException failure)
        : this(failure.Report, failure.InnerException)
    {
        IsTransient = failure.IsTransient;
        Refusals = failure.Refusals;
    }

    /// <summary>What was tried.</summary>
    public PathReport Report { get; }

    /// <summary>Whether trying again soon may help.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>What the server answered where it was reached.</summary>
    internal IReadOnlyList<SessionRefusedException> Refusals { get; init; } = [];

    /// <summary>When the server wants to be asked again at the earliest; zero when it does not say.</summary>
    internal TimeSpan RetryAfter => Refusals.Select(r => r.RetryAfter).DefaultIfEmpty().Max();
}
