using System.Collections.Concurrent;
using System.Diagnostics;
using TunnelRpc.Client;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Attacks;

/// <summary>
/// Clients that use a server as they should, each with its own user and address: calls, streams of ten items, and new sessions. Counts what
/// succeeds and what fails.
/// </summary>
internal sealed class HonestClients : IAsyncDisposable
{
    private const int Count = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NewSessionPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly int _port;
    private readonly ConcurrentQueue<double> _micros = new();
    private TunnelClient[] _clients = [];
    private int _failed;
    private int _accepted;
    private int _refused;

    public HonestClients(int port) => _port = port;

    public int Succeeded => _micros.Count;

    public int Failed => _failed;

    public int Accepted => _accepted;

    public int Refused => _refused;

    /// <summary>Connects the clients that stay connected.</summary>
    public async Task ConnectAsync() => _clients = await Task.WhenAll(Enumerable.Range(1, Count)
        .Select(i => VictimClient.ConnectAsync(_port, $"honest-{i}", $"198.51.100.{i}")));

    /// <summary>Uses the server until the token is cancelled; the steps in progress are completed.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        Task broadcasts = RepeatAsync(() => CallAsync(async () => await _clients[0].Get<IVictimService>().BroadcastAsync(new byte[8_000])));
        await Task.WhenAll(
            [broadcasts, RunNewSessionsAsync(end), .. _clients.Select(client => RepeatAsync(() => UseAsync(client)))]);

        async Task RepeatAsync(Func<Task> step)
        {
            while (!end.IsCancellationRequested)
            {
                await step();
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    /// <summary>Forgets what was counted.</summary>
    public void Reset()
    {
        _micros.Clear();
        _failed = _accepted = _refused = 0;
    }

    /// <summary>A quantile of the latencies, in microseconds.</summary>
    public double Quantile(double quantile)
    {
        double[] sorted = [.. _micros.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[(int)((sorted.Length - 1) * quantile)];
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask()));

    private async Task UseAsync(TunnelClient client)
    {
        IVictimService service = client.Get<IVictimService>();
        await CallAsync(async () => await service.EchoAsync(Sample.One));
        await CallAsync(async () =>
        {
            await foreach (Sample item in service.ItemsAsync(10))
            {
                // The items are only consumed.
            }
        });
    }

    private async Task CallAsync(Func<Task> call)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await call().WaitAsync(CallTimeout);
            _micros.Enqueue(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        catch (Exception error) when (error is TunnelException or TimeoutException or OperationCanceledException)
        {
            Interlocked.Increment(ref _failed);
        }
    }

    private async Task RunNewSessionsAsync(CancellationToken end)
    {
        for (int i = 1; !end.IsCancellationRequested; i++)
        {
            try
            {
                await using TunnelClient client = await VictimClient.ConnectAsync(_port, $"new-{i}", $"203.0.113.{i % 250}");
                ValueTask<Sample> call = client.Get<IVictimService>().EchoAsync(Sample.One, CancellationToken.None);
                await call.AsTask().WaitAsync(CallTimeout, CancellationToken.None);
                _accepted++;
            }
            catch (Exception error) when (error is TunnelException or TimeoutException)
            {
                _refused++;
            }

            await Task.Delay(NewSessionPause, CancellationToken.None);
        }
    }
}
