namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>What the contracts of these tests have in common.</summary>
public interface IScript
{
    /// <summary>
    /// Does one step after the other: "note:x" writes x down, "hold:x" waits at the gate x, and "first", "second" or "free" has the
    /// caller's service of that kind do the rest.
    /// </summary>
    Task RunAsync(string[] steps, CancellationToken cancellationToken = default);
}
