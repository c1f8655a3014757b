using Xunit.Abstractions;

namespace TunnelRpc.Tests.Watchdog;

/// <summary>A test that the <see cref="TestWatchdog"/> observes. Guarded by the gate of the watchdog.</summary>
/// <param name="test">The test.</param>
/// <param name="startedAt">When it started, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
internal sealed class RunningTest(ITest test, long startedAt)
{
    /// <summary>The test.</summary>
    public ITest Test => test;

    /// <summary>The dump of the test; null if it has not run for long enough.</summary>
    public string? Dump { get; set; }

    /// <summary>Whether the watchdog has reported the test as failed. Its own result is dropped then.</summary>
    public bool HasFailed { get; set; }

    /// <summary>For how long the test has run.</summary>
    public TimeSpan GetAge(long now) => TimeSpan.FromMilliseconds(now - startedAt);
}
