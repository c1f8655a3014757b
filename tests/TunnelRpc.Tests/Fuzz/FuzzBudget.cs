using System.Globalization;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>How many cases a fuzz test runs: a fixed number, or that many times as many as TUNNELRPC_FUZZ says.</summary>
internal static class FuzzBudget
{
    private static readonly int Factor =
        int.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor > 0 ? factor : 1;

    public static int Of(int cases) => checked(cases * Factor);
}
