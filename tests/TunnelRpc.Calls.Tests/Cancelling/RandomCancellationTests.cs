using System.Collections.Concurrent;
using Shouldly;
using Xunit;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>
/// Cancels calls of every shape at random moments. Verifies that no stream or call remains, that no call hangs, and that no exception is
/// unobserved.
/// </summary>
[Collection(CollectionName)]
public sealed class RandomCancellationTests
{
    public const string CollectionName = "not parallel: unobserved task exceptions are process-wide";

    private const int Calls = 2000;
    private const int Workers = 16;
    private static readonly TimeSpan HangTimeout = CancelPair.HangTimeout;

    [Theory, InlineData(1), InlineData(2)]
    public async Task Calls_cancelled_at_random_moments_leave_no_stream_and_no_unobserved_exception(int seed)
    {
        Collect();
        var unobserved = new ConcurrentQueue<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> observe = (_, e) => unobserved.Enqueue(e.Exception);
        TaskScheduler.UnobservedTaskException += observe;
        try
        {
            await RunAsync(seed);
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= observe;
        }

        unobserved.ShouldBeEmpty();
    }

    private static async Task RunAsync(int seed)
    {
        await using CancelPair pair = await CancelPair.StartAsync(null, maxCalls: 8);
        string[] shapes = [.. CallShapes.All];
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random((seed * Workers) + worker);
            for (int i = 0; i < Calls / Workers; i++)
            {
                string name = $"{worker}.{i}";
                bool serverCallsClient = random.Next(2) == 0;
                using var cancellation = new CancellationTokenSource();
                Task call =
                    CallShapes.StartAsync(shapes[random.Next(shapes.Length)], pair.Stub(serverCallsClient), name, cancellation.Token);
                for (int yields = random.Next(40); yields > 0; yields--)
                {
                    await Task.Yield();
                }

                await cancellation.CancelAsync();

                Exception error = await Should.ThrowAsync<Exception>(call.WaitAsync(HangTimeout));

                // Abandoned calls whose implementations have not stopped yet can use up twice the limit. The peer then refuses a callback
                // (a nested call, a read of a stream argument), and its call fails with an error that names the limit.
                (error is OperationCanceledException cancelled && cancelled.CancellationToken == cancellation.Token
                    || error is TunnelException { Status: TunnelStatus.ResourceExhausted }
                    || error is TunnelException
                        && error.Message.Contains("MaxConcurrentCalls", StringComparison.Ordinal)).ShouldBeTrue(error.ToString());
            }
        })));
        await pair.ShouldBeIdleAsync();
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [CollectionDefinition(CollectionName, DisableParallelization = true)]
    public sealed class NonParallel;
}
