using System.Diagnostics;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Load;

/// <summary>Callers that make numbered calls one after the other until they are stopped; each checks its own answers.</summary>
internal sealed class NumberedCalls(IChaosPeer peer, LoadErrors faults, int purpose, RecoveryMonitor? watch = null)
{
    private long _next;
    private long _completed;

    /// <summary>Numbers given out: 0 up to this.</summary>
    public long Started => Volatile.Read(ref _next);

    public long Completed => Volatile.Read(ref _completed);

    /// <summary>Completes, without an exception, when <paramref name="stopping"/> is cancelled and every call that had begun has ended.</summary>
    public Task RunAsync(int callers, CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(ChaosRun.CreateRandom((purpose * 1000) + caller), stopping), CancellationToken.None)));

    private async Task CallAsync(Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !faults.HasAny)
        {
            byte[] payload = new byte[SizeOf(random)];
            random.NextBytes(payload);
            long number = Interlocked.Increment(ref _next) - 1;
            long began = Stopwatch.GetTimestamp();
            try
            {
                byte[] answer = await peer.CountAsync(number, payload, CancellationToken.None);
                watch?.OnReply(began);
                Interlocked.Increment(ref _completed);
                if (!Replies.IsCorrect(number, payload, answer))
                {
                    faults.Add($"call {number} with {payload.Length} bytes got another's answer, {answer.Length} bytes");
                }
            }
            catch (Exception error)
            {
                // Whatever it is, the call was lost: that fails the test.
                faults.Add($"call {number} with {payload.Length} bytes failed: {error.Message}");
            }
        }
    }

    /// <summary>Mostly small; some in several records, few in several fragments.</summary>
    private static int SizeOf(Random random) => random.Next(100) switch
    {
        < 85 => random.Next(0, 64),
        < 98 => random.Next(64, 4096),
        _ => random.Next(4096, 80_000),
    };
}
