using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Simulation.Model;

/// <summary>What a failure tells of whether the call has run.</summary>
internal static class Outcomes
{
    /// <summary>Whether the caller was told that the call never ran.</summary>
    public static bool IsNotSent(TunnelException failure) => failure is TunnelConnectException;
}
