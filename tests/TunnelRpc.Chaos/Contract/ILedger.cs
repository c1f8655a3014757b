namespace TunnelRpc.Chaos.Contract;

/// <summary>Where a service records what it runs. Thread-safe.</summary>
internal interface ILedger
{
    void Record(long number, bool isIdempotent);
}
