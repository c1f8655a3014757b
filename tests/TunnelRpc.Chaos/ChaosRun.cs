using System.Globalization;

namespace TunnelRpc.Chaos;

/// <summary>The settings of this run: the short or the long form, and the seed. Immutable.</summary>
internal static class ChaosRun
{
    private const string LongVariable = "TUNNELRPC_CHAOS_LONG";
    private const string SeedVariable = "TUNNELRPC_CHAOS_SEED";

    /// <summary>Turns a hang into a failure: far above the duration of any single step.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Whether the environment variable TUNNELRPC_CHAOS_LONG selects the long form.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable(LongVariable) == "1";

    /// <summary>The seed of all random numbers of the tests. It does not determine how threads interleave.</summary>
    public static int Seed { get; } = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    /// <summary>The seed and how to repeat the run; for assertion messages and the output.</summary>
    public static string Replay => $"seed {Seed}; repeat with {SeedVariable}={Seed}{(IsLong ? $" {LongVariable}=1" : "")}";

    public static T Choose<T>(T whenShort, T whenLong) => IsLong ? whenLong : whenShort;

    /// <summary>Creates a generator for one purpose, so that the use of other generators does not change its numbers.</summary>
    public static Random CreateRandom(int purpose) => new(unchecked((Seed * 397) ^ purpose));
}
