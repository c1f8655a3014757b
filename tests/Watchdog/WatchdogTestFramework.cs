using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>
/// xunit's test framework with a <see cref="TestWatchdog"/>. tests/Directory.Build.targets sets it for every test assembly.
/// </summary>
/// <param name="messageSink">Receives diagnostic messages.</param>
public sealed class WatchdogTestFramework(IMessageSink messageSink) : XunitTestFramework(messageSink)
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName)
    {
        // The hosts of the tests do not watch their configuration files: each watch takes one of the inotify instances of the user, of
        // which Linux has 128 by default, and hundreds of hosts run at a time.
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
        return new WatchdogTestExecutor(
            assemblyName,
            SourceInformationProvider,
            DiagnosticMessageSink,
            WatchdogLimits.Of(Assembly.Load(assemblyName)),
            dump => Write(assemblyName, dump));
    }

    /// <summary>
    /// Writes a dump to the error output, to xunit's diagnostic messages, and to a file, since dotnet test shows neither of the first two
    /// by default.
    /// </summary>
    private void Write(AssemblyName assemblyName, string dump)
    {
        string text = $"[{DateTime.UtcNow:HH:mm:ss}] {assemblyName.Name}: {dump}{Environment.NewLine}";
        string file = Path.Combine(AppContext.BaseDirectory, $"hang-{Environment.ProcessId}.txt");
        Console.Error.WriteLine(text);
        try
        {
            File.AppendAllText(file, text);
        }
        catch (IOException error)
        {
            Console.Error.WriteLine($"{file} could not be written: {error.Message}");
        }

        DiagnosticMessageSink.OnMessage(new DiagnosticMessage(text));
    }
}
