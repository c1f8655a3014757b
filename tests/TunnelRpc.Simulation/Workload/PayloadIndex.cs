namespace TunnelRpc.Simulation.Workload;

/// <summary>The indices of a call's payloads. Items are numbered from the first index of their direction.</summary>
internal static class PayloadIndex
{
    public const int Request = 1;
    public const int Reply = 2;
    public const int Up = 1_000;
    public const int Down = 1_000_000;
}
