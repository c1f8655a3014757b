using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>Implements both versions of the contract.</summary>
internal sealed class Shop : IShop, IShopV1
{
    private readonly ConcurrentDictionary<string, IShop.Item> _items = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when BlockAsync runs.</summary>
    public Task Started => _started.Task;

    public Task<string> ReadAsync(string key, CancellationToken cancellationToken) => Task.FromResult($"read {key}");

    public Task<int> CountAsync(string article) => Task.FromResult(article.Length);

    public async IAsyncEnumerable<string> ListAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return $"article {i}";
        }
    }

    public Task<IShop.Item?> FindAsync(string key) => Task.FromResult(_items.GetValueOrDefault(key));

    public Task StoreAsync(string key, IShop.Item value)
    {
        _items[key] = value;
        return Task.CompletedTask;
    }

    Task<string> IShopV1.OrderAsync(string article, int count) => Task.FromResult($"v1 {count} {article}");

    public Task<string> OrderAsync(string article, int count, IShop.Size size, string? note) =>
        Task.FromResult($"v2 {count} {size} {article} {note ?? "none"}");

    public Task<string> BuyAsync(IShop.Item item) => Task.FromResult($"bought {item.Count} {item.Name}");

    public Task<IShop.Page<Dictionary<string, IShop.Item>>> SearchAsync(CancellationToken cancellationToken, IShop.Page<int> page) =>
        Task.FromResult(new IShop.Page<Dictionary<string, IShop.Item>>(
            page.Number + 1, [.. page.Content.Select(n => new Dictionary<string, IShop.Item> { [$"key {n}"] = new($"item {n}", n) })]));

    public async Task<string> BlockAsync(string name, CancellationToken cancellationToken, int number)
    {
        _started.TrySetResult();
        await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        return name;
    }

    public Task<string> JoinAsync(
        int a, string b, bool c, double d, char e, long f, Guid g, byte h, decimal i, string? j, int? k, uint l, short m, float n, ulong o,
            IShop.Size p) =>
        Task.FromResult(string.Create(CultureInfo.InvariantCulture, $"{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p}"));
}
