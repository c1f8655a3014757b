namespace TunnelRpc.Simulation.Commands;

/// <summary>
/// Ends the process when a run does not end in real time: work that goes round in circles without giving up the worker leaves nobody
/// else to see it. Has a thread of its own.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>A hundred times what a run takes on a slow machine.</summary>
    private static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _disposed = new();
    private readonly Thread _thread;

    // Written by the worker, read by the thread.
    private long _seed = -1;

    public Watchdog()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "watchdog" };
        _thread.Start();
    }

    /// <summary>A run begins.</summary>
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
                Console.WriteLine($"  It does not end: something goes round in circles, or blocks the one worker, for more than {RunTimeout.TotalSeconds} s.");
                Console.WriteLine($"  replay: {Replay.Command((ulong)now)}");
                Console.WriteLine("0 passed, 1 failed");
                Environment.Exit(1);
            }

            before = now;
        }
    }
}
