using System.Diagnostics;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0041-release-of-references.md
/// <summary>
/// Garbage collections that the sessions of this process ask for. They run one at a time and use at most a tenth of the time, so that a
/// peer that passes references only to cause them slows down only itself. Thread-safe.
/// </summary>
internal static class ForcedCollection
{
    /// <summary>The pause after a collection, as a multiple of its duration.</summary>
    private const int PauseFactor = 9;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private static readonly SemaphoreSlim Turn = new(1, 1);

    // Guarded by Turn: a timestamp of Stopwatch, which measures the processor and is not a timeout. No collection starts before.
    private static long _notBefore;

    /// <summary>
    /// Collects a generation and those below it, and waits for the finalizers. False, without a collection, when the token was cancelled.
    /// </summary>
    public static async Task<bool> TryRunAsync(int generation, CancellationToken cancellationToken)
    {
        try
        {
            await Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        try
        {
            TimeSpan pause = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _notBefore);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            long start = Stopwatch.GetTimestamp();
            GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();
            TimeSpan next = PauseFactor * Stopwatch.GetElapsedTime(start);
            _notBefore = Stopwatch.GetTimestamp() + (long)((next < MaxPause ? next : MaxPause).TotalSeconds * Stopwatch.Frequency);
            return true;
        }
        finally
        {
            Turn.Release();
        }
    }
}
