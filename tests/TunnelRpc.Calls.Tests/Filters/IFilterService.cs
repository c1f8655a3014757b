namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>What the tests of filters call.</summary>
[TunnelService(Callback = typeof(IFilterService))]
public partial interface IFilterService
{
    Task<string> JoinAsync(string left, int? right = null, CancellationToken cancellationToken = default);

    Task TouchAsync(string @name);

    [OneWay]
    ValueTask NotifyAsync(string name);

    /// <summary>Fails with Unavailable as often as the service was told to, then says how often it was called.</summary>
    [Idempotent]
    Task<int> FlakyAsync();

    Task<int> FlakyOnceOnlyAsync();

    Task<string> BreakAsync();

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);

    Task<int> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> AddToEachAsync(IAsyncEnumerable<int> numbers, int added, CancellationToken cancellationToken = default);

    /// <summary>Runs until it is cancelled.</summary>
    Task HoldAsync(CancellationToken cancellationToken = default);

    /// <summary>How many milliseconds are left; null for any number.</summary>
    Task<double?> RemainingAsync();

    Task<string?> HeaderAsync(string name);
}
