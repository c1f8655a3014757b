using System.Globalization;
using System.Reflection;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>The times after which the <see cref="TestWatchdog"/> acts.</summary>
/// <param name="DumpAfter">A test that runs for so long is described. Default: 60 s.</param>
/// <param name="FailAfter">A test that runs for so long has failed. Default: 300 s.</param>
/// <param name="EndAfter">The run ends when only failed tests run, and nothing else has started, for so long. Default: 30 s.</param>
internal sealed record WatchdogLimits(TimeSpan DumpAfter, TimeSpan FailAfter, TimeSpan EndAfter)
{
    /// <summary>The environment variable for <see cref="DumpAfter"/>, in seconds.</summary>
    public const string DumpVariable = "TUNNELRPC_TEST_DUMP_SECONDS";

    /// <summary>The environment variable for <see cref="FailAfter"/>, in seconds.</summary>
    public const string FailVariable = "TUNNELRPC_TEST_LIMIT_SECONDS";

    /// <summary>
    /// The limits of a test assembly: the environment variables, or else the properties TestDumpSeconds and TestLimitSeconds of its
    /// project, or else the defaults.
    /// </summary>
    public static WatchdogLimits Of(Assembly assembly) => new(
        Read(DumpVariable, assembly, "TestDumpSeconds", 60),
        Read(FailVariable, assembly, "TestLimitSeconds", 300),
        TimeSpan.FromSeconds(30));

    private static TimeSpan Read(string variable, Assembly assembly, string property, int defaultSeconds)
    {
        string? text = Environment.GetEnvironmentVariable(variable)
            ?? assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == property)?.Value;
        return TimeSpan.FromSeconds(string.IsNullOrEmpty(text) ? defaultSeconds : int.Parse(text, CultureInfo.InvariantCulture));
    }
}
