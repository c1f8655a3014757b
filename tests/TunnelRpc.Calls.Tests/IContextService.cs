namespace TunnelRpc.Calls.Tests;

/// <summary>What a call carries beside its arguments. Served by both sides.</summary>
[TunnelService(Callback = typeof(IContextService))]
[TunnelFault(typeof(OutOfStock))]
public partial interface IContextService
{
    /// <summary>The headers that came; answers with the trailer "count".</summary>
    Task<Dictionary<string, string>> HeadersAsync();

    /// <summary>Method, session, transport and priority as the implementation sees them.</summary>
    Task<string[]> DescribeAsync();

    Task FailWithTrailersAsync();

    /// <summary>Sets trailers that are no text; fails also by itself.</summary>
    Task<int> SetBrokenTrailersAsync(bool fails);

    IAsyncEnumerable<int> CountWithTrailersAsync(int count, bool fails);

    /// <summary>How many milliseconds are left; null for any number.</summary>
    Task<double?> RemainingAsync();

    [Timeout("20s")]
    Task<double?> RemainingOfTwentyAsync();

    /// <summary>What is left for a call of the caller, made from here.</summary>
    Task<double?> RemainingOfCallbackAsync();

    Task HoldAsync(string name, CancellationToken cancellationToken = default);

    [Timeout("50ms")]
    Task HoldBrieflyAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Goes on until the test releases it, whatever is cancelled.</summary>
    Task IgnoreCancellationAsync(string name);

    IAsyncEnumerable<int> HoldAfterAsync(int count, string name, CancellationToken cancellationToken = default);

    Task<int> CollectAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    Task<int> ReserveAsync(string item);

    IAsyncEnumerable<int> ReserveManyAsync(string item);

    Task UndeclaredAsync();
}
