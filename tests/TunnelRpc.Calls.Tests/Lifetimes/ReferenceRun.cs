namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>How many calls the tests of lifetimes make for each shape.</summary>
internal static class ReferenceRun
{
    /// <summary>Whether the environment variable TUNNELRPC_REFERENCES_LONG selects the long form.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("TUNNELRPC_REFERENCES_LONG") == "1";

    /// <summary>5,000, which is above the default of MaxReferences; a million in the long form.</summary>
    public static int Calls { get; } = IsLong ? 1_000_000 : 5_000;

    /// <summary>The time after which a test has hung.</summary>
    public static TimeSpan HangTimeout { get; } = TimeSpan.FromSeconds(Math.Max(120, Calls / 200));
}
