using System.Globalization;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// The number of cases of a fuzz test: a fixed number, multiplied by the environment variable TUNNELRPC_FUZZ if it is set.
/// </summary>
internal static class FuzzBudget
{
    private static readonly int Factor =
        int.TryParse(Environment.GetEnvironmentVariable("TUNNELRPC_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int factor)
            && factor > 0
            ? factor
            : 1;

    public static int Of(int cases) => checked(cases * Factor);
}
