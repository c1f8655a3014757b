using System.Globalization;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>
/// Stands between xunit and its runner, and observes which tests run. A test that runs for too long is described (<see
/// cref="WatchdogLimits.DumpAfter"/>), then reported as failed (<see cref="WatchdogLimits.FailAfter"/>). When nothing but such tests is
/// left, the run ends, with the tests after them not run. Thread-safe.
/// </summary>
/// <remarks>
/// A thread of its own, not a timer, looks at the tests: the thread pool may be what hangs. xunit cannot stop a test, so a test that hangs
/// keeps its thread, if it blocks one, until the process ends.
/// </remarks>
internal sealed class TestWatchdog : Xunit.LongLivedMarshalByRefObject, IMessageSink
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly IMessageSink _runner;
    private readonly ITestAssembly _assembly;
    private readonly ITestCase[] _testCases;
    private readonly WatchdogLimits _limits;
    private readonly Action<string> _writeDump;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<ITest, RunningTest> _running = new(ReferenceEqualityComparer.Instance);
    private long _lastMessageAt = Environment.TickCount64;
    private bool _isIdleDumped;
    private int _testsRun;
    private int _testsFailed;
    private int _testsSkipped;

    // Guarded by _gate: no message is passed on any more.
    private bool _hasEnded;

    /// <param name="runner">Receives the messages.</param>
    /// <param name="assembly">The test assembly.</param>
    /// <param name="testCases">The test cases of the run.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="writeDump">Writes a dump where a person sees it.</param>
    public TestWatchdog(
        IMessageSink runner, ITestAssembly assembly, ITestCase[] testCases, WatchdogLimits limits, Action<string> writeDump)
    {
        _runner = runner;
        _assembly = assembly;
        _testCases = testCases;
        _limits = limits;
        _writeDump = writeDump;
        new Thread(Watch) { IsBackground = true, Name = "Test watchdog" }.Start();
    }

    /// <inheritdoc/>
    public bool OnMessage(IMessageSinkMessage message)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return false;
            }

            _lastMessageAt = Environment.TickCount64;
            _isIdleDumped = false;
            switch (message)
            {
                case ITestStarting starting:
                    _running[starting.Test] = new RunningTest(starting.Test, _lastMessageAt);
                    break;

                case ITestResultMessage result when _running.TryGetValue(result.Test, out RunningTest? test):
                    if (test.HasFailed)
                    {
                        return true;
                    }

                    Count(result);
                    message = WithDump(result, test.Dump);
                    break;

                case ITestFinished finished when _running.Remove(finished.Test, out RunningTest? test) && test.HasFailed:
                    return true;

                case ITestAssemblyFinished:
                    _hasEnded = true;
                    break;
            }

            return _runner.OnMessage(message);
        }
    }

    /// <summary>The result, with the dump in its output if there is one.</summary>
    private static IMessageSinkMessage WithDump(ITestResultMessage result, string? dump) => (dump, result) switch
    {
        (null, _) => result,
        (_, ITestPassed passed) => new TestPassed(passed.Test, passed.ExecutionTime, passed.Output + dump),
        (_, ITestFailed failed) => new TestFailed(
            failed.Test,
            failed.ExecutionTime,
            failed.Output + dump,
            failed.ExceptionTypes,
            failed.Messages,
            failed.StackTraces,
            failed.ExceptionParentIndices),
        _ => result,
    };

    private void Count(ITestResultMessage result)
    {
        _testsRun++;
        _testsFailed += result is ITestFailed ? 1 : 0;
        _testsSkipped += result is ITestSkipped ? 1 : 0;
    }

    private void Watch()
    {
        do
        {
            Thread.Sleep(Interval);
            DumpSlowTests();
            FailHangingTests();
        }
        while (!EndHangingRun());
    }

    private void DumpSlowTests()
    {
        long now = Environment.TickCount64;
        RunningTest[] slow;
        string[] running;
        bool isIdle;
        lock (_gate)
        {
            slow = [.. _running.Values.Where(test => test.Dump is null && test.GetAge(now) >= _limits.DumpAfter)];
            running = [.. _running.Values.Select(test => Describe(test, now))];
            isIdle = _running.Count == 0 && !_isIdleDumped && IdleTime(now) >= _limits.DumpAfter;
            _isIdleDumped |= isIdle;
        }

        if (slow.Length == 0 && !isIdle)
        {
            return;
        }

        string reason = isIdle
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"No test has run for {IdleTime(now).TotalSeconds:0} s: a fixture hangs before or after the tests of its class.")
            : string.Join(Environment.NewLine, slow.Select(test => $"Slow or hanging test: {Describe(test, now)}"));
        string dump = $"""
            {reason}
            Tests that run now (the objects below may belong to any of them):
            {string.Join(Environment.NewLine, running.Select(test => $"  {test}"))}
            {StateDump.Create()}
            """;
        lock (_gate)
        {
            foreach (RunningTest test in slow)
            {
                test.Dump = dump;
            }
        }

        _writeDump(dump);
    }

    private void FailHangingTests()
    {
        lock (_gate)
        {
            long now = Environment.TickCount64;
            foreach (RunningTest test in _running.Values.Where(test => !test.HasFailed && test.GetAge(now) >= _limits.FailAfter).ToArray())
            {
                test.HasFailed = true;
                _testsRun++;
                _testsFailed++;
                decimal seconds = (decimal)test.GetAge(now).TotalSeconds;
                var hang = new TestHangException(
                    $"The test hangs: it has not ended within {_limits.FailAfter.TotalSeconds:0} s ({WatchdogLimits.FailVariable}). "
                    + $"After {_limits.DumpAfter.TotalSeconds:0} s:{Environment.NewLine}{test.Dump}");
                _runner.OnMessage(new TestFailed(test.Test, seconds, "", hang));
                _runner.OnMessage(new TestFinished(test.Test, seconds, ""));
            }
        }
    }

    /// <summary>
    /// Ends the run if only tests that have been reported as failed still run, or if a fixture hangs. Returns whether the run has ended.
    /// </summary>
    private bool EndHangingRun()
    {
        lock (_gate)
        {
            long now = Environment.TickCount64;
            bool hangsInTests = _running.Count > 0 && _running.Values.All(test => test.HasFailed) && IdleTime(now) >= _limits.EndAfter;
            bool hangsInFixture = _running.Count == 0 && IdleTime(now) >= _limits.FailAfter;
            if (_hasEnded || !(hangsInTests || hangsInFixture))
            {
                return _hasEnded;
            }

            if (hangsInFixture)
            {
                string message = $"The run hangs outside of its tests, in a fixture.{Environment.NewLine}{StateDump.Create()}";
                _runner.OnMessage(new ErrorMessage(_testCases, new TestHangException(message)));
            }

            int notRun = Math.Max(0, _testCases.Length - _testsRun);
            if (notRun > 0)
            {
                string message =
                    $"The run ends since nothing but hanging tests is left: {notRun} of {_testCases.Length} test cases did not run.";
                _writeDump(message);
                _runner.OnMessage(new ErrorMessage(_testCases, new TestHangException(message)));
            }

            _hasEnded = true;
            _runner.OnMessage(new TestAssemblyFinished(_testCases, _assembly, 0, _testsRun, _testsFailed, _testsSkipped));
            return true;
        }
    }

    private TimeSpan IdleTime(long now) => TimeSpan.FromMilliseconds(now - _lastMessageAt);

    private static string Describe(RunningTest test, long now) =>
        string.Create(CultureInfo.InvariantCulture, $"{test.Test.DisplayName} (for {test.GetAge(now).TotalSeconds:0} s)");
}
