using System.Collections.Concurrent;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>Records what it gets.</summary>
internal sealed class Ticker(string name) : ITicker
{
    private SemaphoreSlim Changed { get; } = new(0);

    public ConcurrentQueue<int> Ticks { get; } = new();

    public ConcurrentQueue<string> Prices { get; } = new();

    /// <summary>The task that ConfirmAsync and NameAsync await.</summary>
    public Task Confirmation { get; set; } = Task.CompletedTask;

    public ValueTask TickAsync(int number, byte[] padding)
    {
        Ticks.Enqueue(number);
        Changed.Release();
        return default;
    }

    public ValueTask PriceAsync(CountedPrice price)
    {
        Prices.Enqueue(price.Text);
        Changed.Release();
        return default;
    }

    public Task ConfirmAsync(CancellationToken cancellationToken) => Confirmation.WaitAsync(cancellationToken);

    public async Task<string> NameAsync(CancellationToken cancellationToken)
    {
        await Confirmation.WaitAsync(cancellationToken);
        return name;
    }

    /// <summary>Waits until a condition holds after a call.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var guard = new CancellationTokenSource(TunnelRpc.Tests.Peers.TestTimeout.Default);
        while (!condition())
        {
            await Changed.WaitAsync(guard.Token);
        }
    }
}
