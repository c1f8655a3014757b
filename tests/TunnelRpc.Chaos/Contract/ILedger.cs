namespace TunnelRpc.Chaos.Contract;

/// <summary>Records the calls that a service runs. Thread-safe.</summary>
internal interface ILedger
{
    void Record(long number, bool isIdempotent);
}
