namespace TunnelRpc.Simulation.Model;

/// <summary>The outcome of a failed call.</summary>
internal static class Outcomes
{
    /// <summary>Whether the failure guarantees that the call never ran.</summary>
    public static bool IsNotSent(TunnelException failure) => failure.Outcome == TunnelCallOutcome.NotSent;
}
