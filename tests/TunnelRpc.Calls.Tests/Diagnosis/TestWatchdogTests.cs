using System.Collections.Concurrent;
using System.Reflection;
using Shouldly;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Tests.Watchdog;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>The watchdog of the test assemblies, run on a class whose test hangs on purpose.</summary>
public sealed class TestWatchdogTests
{
    private readonly MessageRecorder _runner = new();
    private readonly ConcurrentQueue<string> _dumps = new();

    [Fact]
    public async Task Hanging_test_fails_with_the_state_of_both_sides_and_the_run_ends()
    {
        var limits = new WatchdogLimits(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1));

        Run(limits, nameof(HangingScenario.Hangs_since_a_call_waits_for_a_permit));
        await _runner.Ended.DefaultTimeout();
        HangingScenario.Service.Release();

        ITestFailed failed = _runner.Messages.OfType<ITestFailed>().ShouldHaveSingleItem();
        failed.Test.DisplayName.ShouldEndWith($".{nameof(HangingScenario.Hangs_since_a_call_waits_for_a_permit)}");
        failed.ExceptionTypes.ShouldBe([typeof(TestHangException).FullName]);
        string message = failed.Messages.ShouldHaveSingleItem();
        message.ShouldStartWith("The test hangs: it has not ended within 4 s (TUNNELRPC_TEST_LIMIT_SECONDS).");
        string dump = _dumps.First();
        dump.ShouldStartWith($"Slow or hanging test: {failed.Test.DisplayName} (for ");
        message.ShouldContain(dump);
        ShouldDescribe(dump);
        _runner.Messages.OfType<ITestFinished>().ShouldHaveSingleItem();
        ITestAssemblyFinished end = _runner.Messages.OfType<ITestAssemblyFinished>().ShouldHaveSingleItem();
        (end.TestsRun, end.TestsFailed).ShouldBe((1, 1));
        _runner.Messages.Last().ShouldBe(end);
    }

    [Fact]
    public async Task Test_that_is_fast_enough_is_not_described()
    {
        var limits = new WatchdogLimits(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(200), TimeSpan.FromSeconds(100));

        Run(limits, nameof(HangingScenario.Passes));
        await _runner.Ended.DefaultTimeout();

        _dumps.ShouldBeEmpty();
        _runner.Messages.OfType<ITestPassed>().ShouldHaveSingleItem().Output.ShouldBe("");
        ITestAssemblyFinished end = _runner.Messages.OfType<ITestAssemblyFinished>().ShouldHaveSingleItem();
        (end.TestsRun, end.TestsFailed).ShouldBe((1, 0));
    }

    [Fact]
    public void This_assembly_runs_under_the_watchdog()
    {
        CustomAttributeData framework = typeof(TestWatchdogTests).Assembly.GetCustomAttributesData()
            .Single(a => a.AttributeType == typeof(TestFrameworkAttribute));

        framework.ConstructorArguments.Select(a => a.Value)
            .ShouldBe([typeof(WatchdogTestFramework).FullName, typeof(TestWatchdogTests).Assembly.GetName().Name]);
    }

    /// <summary>
    /// The dump has all live objects of the process, other tests included. Those of the scenario are the two sides of one session whose
    /// server runs one call.
    /// </summary>
    private static void ShouldDescribe(string dump)
    {
        string method = $"{typeof(IWaiting).FullName}/{nameof(IWaiting.WaitAsync)}";
        string[] objects = dump.Split([$"{Environment.NewLine}client", $"{Environment.NewLine}server"], StringSplitOptions.None);
        string client = objects.Single(text => text.Contains($"outgoing call that waits to be opened: {method}, not open, since "));
        string id = client.Split("session ")[1].Split(':')[0];
        string server = objects.Single(text => text.StartsWith($" side of session {id}: ") && text != client);

        client.ShouldStartWith($" side of session {id}: connected");
        client.ShouldContain("path: epoch 1 over in-memory");
        client.ShouldContain("permits: outgoing 1 of 1 held, 1 calls wait for one; incoming 0 of 4096 held");
        client.ShouldContain($"  outgoing call: {method}, stream 1, since ");
        server.ShouldContain("permits: outgoing 0 of 4096 held, 0 calls wait for one; incoming 1 of 1 held");
        server.ShouldContain($"  incoming call: {method}, stream 1, since ");
        objects.ShouldContain(text => text.StartsWith($": Connected, session {id}") && text.Contains("  connector: Connected, 0 waiting"));
        objects.ShouldContain(text => text.StartsWith(": 1 sessions, 0 pending handshakes"));
    }

    private void Run(WatchdogLimits limits, string method)
    {
        Assembly assembly = typeof(HangingScenario).Assembly;
        var testAssembly = new TestAssembly(Reflector.Wrap(assembly));
        var collection = new TestCollection(testAssembly, null, "hanging on purpose");
        var testClass = new TestClass(collection, Reflector.Wrap(typeof(HangingScenario)));
        var testMethod = new TestMethod(testClass, Reflector.Wrap(typeof(HangingScenario).GetMethod(method)!));
        var testCase = new XunitTestCase(_runner, TestMethodDisplay.ClassAndMethod, TestMethodDisplayOptions.None, testMethod);

        // The executor is disposed with the process: its run may hang.
        var executor = new WatchdogTestExecutor(
            assembly.GetName(), new NoSourceInformation(), new MessageRecorder(), limits, _dumps.Enqueue);
        executor.RunTests([testCase], _runner, new DefaultRunOptions());
    }
}
