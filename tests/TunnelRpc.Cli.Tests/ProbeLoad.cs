using System.Collections.Concurrent;
using TunnelRpc.Client;
using TunnelRpc.Diagnostics;

namespace TunnelRpc.Cli.Tests;

/// <summary>Callers of a client that make echo calls, one after the other, until they are stopped. Thread-safe.</summary>
internal sealed class ProbeLoad
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly Task _callers;
    private int _made;
    private volatile bool _isStopped;

    /// <param name="client">The client.</param>
    /// <param name="callers">The number of calls at the same time.</param>
    public ProbeLoad(TunnelClient client, int callers) =>
        _callers = Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Run(() => CallAsync(client.Get<IProbe>(), i))));

    /// <summary>The calls that have succeeded.</summary>
    public int Made => Volatile.Read(ref _made);

    /// <summary>The errors of those that have not.</summary>
    public ConcurrentQueue<Exception> Errors { get; } = new();

    /// <summary>Waits until more calls have succeeded.</summary>
    public async Task WaitForAsync(int further)
    {
        int target = Made + further;
        using var guard = new CancellationTokenSource(Limit);
        while (Made < target && Errors.IsEmpty)
        {
            await Task.Delay(5, guard.Token);
        }
    }

    /// <summary>Lets the calls in flight end.</summary>
    public async Task StopAsync()
    {
        _isStopped = true;
        await _callers.WaitAsync(Limit);
    }

    private async Task CallAsync(IProbe probe, int caller)
    {
        byte[] payload = new byte[100 + caller];
        while (!_isStopped && Errors.IsEmpty)
        {
            try
            {
                byte[] echo = await probe.EchoAsync(payload).WaitAsync(Limit);
                echo.Length.ShouldBe(payload.Length);
                Interlocked.Increment(ref _made);
            }
            catch (Exception error)
            {
                Errors.Enqueue(error);
            }
        }
    }
}
