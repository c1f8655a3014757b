namespace TunnelRpc.Simulation.Workload;

/// <summary>Which of a call's payloads bytes are: elements count from where their direction begins.</summary>
internal static class PayloadIndex
{
    public const int Request = 1;
    public const int Reply = 2;
    public const int Up = 1_000;
    public const int Down = 1_000_000;
}
