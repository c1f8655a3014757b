using System.Diagnostics;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Callers that make numbered calls sequentially until they are stopped. Each checks its own replies.</summary>
internal sealed class NumberedCalls(IChaosPeer peer, LoadErrors errors, int purpose, RecoveryMonitor? monitor = null)
{
    private long _next;
    private long _completed;

    /// <summary>The number of started calls: their numbers are 0 to this, exclusive.</summary>
    public long Started => Volatile.Read(ref _next);

    public long Completed => Volatile.Read(ref _completed);

    /// <summary>Completes without an exception after <paramref name="stopping"/> is cancelled and every started call has ended.</summary>
    public Task RunAsync(int callers, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            () => CallAsync(ChaosRun.CreateRandom((purpose * 1000) + caller), stopping), CancellationToken.None)));

    private async Task CallAsync(Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !errors.HasAny)
        {
            byte[] payload = new byte[SizeOf(random)];
            random.NextBytes(payload);
            long number = Interlocked.Increment(ref _next) - 1;
            long began = Stopwatch.GetTimestamp();
            try
            {
                byte[] reply = await peer.CountAsync(number, payload, CancellationToken.None);
                monitor?.OnReply(began);
                Interlocked.Increment(ref _completed);
                if (!Replies.IsCorrect(number, payload, reply))
                {
                    errors.Add($"call {number} with {payload.Length} bytes got the reply of another call, {reply.Length} bytes");
                }
            }
            catch (Exception error)
            {
                // Any exception means that the call was lost, which fails the test.
                errors.Add($"call {number} with {payload.Length} bytes failed: {error.Message}");
            }
        }
    }

    /// <summary>Most payloads are small, some need several records, and few need several fragments.</summary>
    private static int SizeOf(Random random) => random.Next(100) switch
    {
        < 85 => random.Next(0, 64),
        < 98 => random.Next(64, 4096),
        _ => random.Next(4096, 80_000),
    };
}
