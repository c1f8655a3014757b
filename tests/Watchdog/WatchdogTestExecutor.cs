using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>Runs tests under a <see cref="TestWatchdog"/>.</summary>
internal sealed class WatchdogTestExecutor(
    AssemblyName assemblyName,
    ISourceInformationProvider sourceInformationProvider,
    IMessageSink diagnosticMessageSink,
    WatchdogLimits limits,
    Action<string> writeDump)
    : XunitTestFrameworkExecutor(assemblyName, sourceInformationProvider, diagnosticMessageSink)
{
    /// <inheritdoc/>
    protected override void RunTestCases(
        IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
    {
        IXunitTestCase[] cases = [.. testCases];
        var watchdog = new TestWatchdog(executionMessageSink, TestAssembly, cases, limits, writeDump);
        base.RunTestCases(cases, watchdog, executionOptions);
    }
}
