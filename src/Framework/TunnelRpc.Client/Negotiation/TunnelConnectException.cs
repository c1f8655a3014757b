namespace TunnelRpc.Client.Negotiation;

/// <summary>No transport found a path to the server; the report says what each came to.</summary>
public sealed class TunnelConnectException : TunnelException
{
    internal TunnelConnectException(PathReport report, Exception? innerException)
        : base(TunnelStatus.Unavailable, report.ToString(), innerException)
    {
        Report = report;
        Outcome = TunnelCallOutcome.NotSent;
    }

    /// <summary>What was tried.</summary>
    public PathReport Report { get; }
}
