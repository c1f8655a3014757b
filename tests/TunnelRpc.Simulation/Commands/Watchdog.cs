namespace TunnelRpc.Simulation.Commands;

/// <summary>
/// Ends the process when a run takes too long in real time: an endless loop or a blocking call on the single worker prevents every other
/// check. Has a thread of its own.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>The time limit of one run; a hundred times what a run takes on a slow machine.</summary>
    private static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _disposed = new();
    private readonly Thread _thread;

    // Written by the worker and read by the watchdog's thread, with Volatile.
    private long _seed = -1;

    public Watchdog()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "watchdog" };
        _thread.Start();
    }

    /// <summary>Called when a run starts.</summary>
    public void OnSeed(ulong seed) => Volatile.Write(ref _seed, (long)seed);

    public void Dispose()
    {
        _disposed.Set();
        _thread.Join();
        _disposed.Dispose();
    }

    private void Run()
    {
        long before = -1;
        while (!_disposed.Wait(RunTimeout))
        {
            long now = Volatile.Read(ref _seed);
            if (now == before)
            {
                Console.WriteLine($"seed {now} failed:");
                Console.WriteLine(
                    $"  The run has not ended in {RunTimeout.TotalSeconds} s of real time: "
                    + "code loops endlessly or blocks the single worker.");
                Console.WriteLine($"  replay: {Replay.Command((ulong)now)}");
                Console.WriteLine("0 passed, 1 failed");
                Environment.Exit(1);
            }

            before = now;
        }
    }
}
