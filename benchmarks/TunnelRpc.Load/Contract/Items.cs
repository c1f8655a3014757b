namespace TunnelRpc.Load.Contract;

/// <summary>The items of streams.</summary>
internal static class Items
{
    /// <summary>The number of items between two checks of the clock.</summary>
    public const int ClockCheckInterval = 64;

    /// <summary>Returns the same item until the duration has elapsed. The result can be enumerated only once.</summary>
    public static IAsyncEnumerable<Sample> For(TimeSpan duration) => Of(Sample.One, duration);

    /// <inheritdoc cref="For"/>
    public static IAsyncEnumerable<T> Of<T>(T item, TimeSpan duration) => new RepeatedItem<T>(item, duration);

    /// <summary>Consumes all items and returns their number.</summary>
    public static async Task<long> CountAsync<T>(IAsyncEnumerable<T> items)
    {
        long count = 0;
        await foreach (T item in items)
        {
            count++;
        }

        return count;
    }
}
