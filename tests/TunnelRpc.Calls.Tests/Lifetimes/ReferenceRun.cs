using System.Globalization;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>How many calls the tests of lifetimes make for each shape.</summary>
internal static class ReferenceRun
{
    /// <summary>
    /// 5,000, which is above the default of MaxReferences; the value of the environment variable TUNNELRPC_REFERENCES_CALLS; or a million
    /// if TUNNELRPC_REFERENCES_LONG is 1.
    /// </summary>
    public static int Calls { get; } =
        Environment.GetEnvironmentVariable("TUNNELRPC_REFERENCES_LONG") == "1" ? 1_000_000
        : int.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_REFERENCES_CALLS"), CultureInfo.InvariantCulture, out int calls)
            ? calls
            : 5_000;

    /// <summary>
    /// Whether the calls are so many that a leak shows in the memory of the process. The test then runs alone, in a process of its own.
    /// </summary>
    public static bool IsLong => Calls >= 50_000;

    /// <summary>The time after which a test has hung.</summary>
    public static TimeSpan HangTimeout { get; } = TimeSpan.FromSeconds(Math.Max(120, Calls / 200));
}
