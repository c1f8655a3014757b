namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>Methods of every shape for the tests of filters. Both sides serve it.</summary>
[TunnelService(Callback = typeof(IFilterService))]
public partial interface IFilterService
{
    Task<string> JoinAsync(string left, int? right = null, CancellationToken cancellationToken = default);

    Task TouchAsync(string @name);

    [OneWay]
    ValueTask NotifyAsync(string name);

    /// <summary>Fails as often as the service is configured to, then returns the number of calls.</summary>
    [Idempotent]
    Task<int> FlakyAsync();

    Task<int> FlakyOnceOnlyAsync();

    Task<string> BreakAsync();

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);

    Task<int> SumAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> AddToEachAsync(IAsyncEnumerable<int> numbers, int added, CancellationToken cancellationToken = default);

    /// <summary>Runs until it is cancelled.</summary>
    Task BlockAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the milliseconds until the deadline of the call, or null without a deadline.</summary>
    Task<double?> RemainingAsync();

    Task<string?> HeaderAsync(string name);
}
