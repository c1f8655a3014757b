using Shouldly;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Calls.Tests.Disposal;

internal static class FakeTimeExtensions
{
    /// <summary>Advances the clock in small steps until a task has completed, whenever that starts its timers.</summary>
    public static async Task AdvanceUntilAsync(this FakeTimeProvider time, Task task)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (!task.IsCompleted)
        {
            guard.IsCancellationRequested.ShouldBeFalse("the task must complete before the hang timeout");
            time.Advance(TimeSpan.FromMilliseconds(50));

            // Real time for what uses real threads, so that no other timeout passes first.
            await Task.Delay(1);
        }

        await task;
    }
}
