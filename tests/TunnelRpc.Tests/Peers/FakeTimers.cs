using System.Diagnostics;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Peers;

/// <summary>Assertions about the timers of a fake clock.</summary>
internal static class FakeTimers
{
    /// <summary>
    /// Asserts that no timer is active. Waits for up to <see cref="TestTimeout.Default"/>, because the timeouts of the platform release
    /// their timers only after they have completed the task.
    /// </summary>
    public static async Task ShouldHaveNoActiveTimersAsync(this FakeTimeProvider time)
    {
        long start = Stopwatch.GetTimestamp();
        while (time.ActiveTimers > 0 && Stopwatch.GetElapsedTime(start) < TestTimeout.Default)
        {
            await Task.Yield();
        }

        time.ActiveTimers.ShouldBe(0);
    }
}
