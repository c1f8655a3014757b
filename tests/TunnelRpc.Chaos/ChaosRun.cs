using System.Globalization;

namespace TunnelRpc.Chaos;

/// <summary>How this run is done: how long, and from which seed. Immutable.</summary>
internal static class ChaosRun
{
    private const string LongVariable = "TUNNELRPC_CHAOS_LONG";
    private const string SeedVariable = "TUNNELRPC_CHAOS_SEED";

    /// <summary>A hang guard, far above what any single step takes.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Whether the long form was asked for.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable(LongVariable) == "1";

    /// <summary>All randomness of the tests comes from it. Which thread does what first remains the machine's.</summary>
    public static int Seed { get; } = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    /// <summary>For messages of assertions and for the output.</summary>
    public static string Replay => $"seed {Seed}; again with {SeedVariable}={Seed}{(IsLong ? $" {LongVariable}=1" : "")}";

    public static T Choose<T>(T whenShort, T whenLong) => IsLong ? whenLong : whenShort;

    /// <summary>A generator for one purpose, so that others' use does not change what it gives.</summary>
    public static Random CreateRandom(int purpose) => new(unchecked((Seed * 397) ^ purpose));
}
