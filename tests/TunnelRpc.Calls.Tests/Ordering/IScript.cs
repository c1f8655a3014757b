namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>The common base of the contracts of these tests.</summary>
public interface IScript
{
    /// <summary>
    /// Runs the steps in order. "note:x" records x. "wait:x" waits at the gate x. "first", "second" and "free" pass the remaining steps
    /// to the service of that name of the caller.
    /// </summary>
    Task RunAsync(string[] steps, CancellationToken cancellationToken = default);
}
