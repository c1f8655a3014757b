namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>How many calls the tests of lifetimes make for each shape.</summary>
internal static class ReferenceRun
{
    /// <summary>
    /// 5,000, which is above the default of MaxReferences; a million with TUNNELRPC_REFERENCES_LONG=1.
    /// </summary>
    public static int Calls { get; } = Environment.GetEnvironmentVariable("TUNNELRPC_REFERENCES_LONG") == "1" ? 1_000_000 : 5_000;

    /// <summary>The time after which a test has hung.</summary>
    public static TimeSpan HangTimeout { get; } = TimeSpan.FromSeconds(Math.Max(120, Calls / 200));
}
