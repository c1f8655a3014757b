using System.Diagnostics;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Peers;

/// <summary>What is said of the timers of a fake clock.</summary>
internal static class FakeTimers
{
    /// <summary>No timer is left. The platform's own timeouts take theirs back just behind what they complete, so this waits for that.</summary>
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
