namespace TunnelRpc.Calls.Tests;

/// <summary>Exposes the headers, trailers, deadline and faults of calls. Both sides serve it.</summary>
[TunnelService(Callback = typeof(IContextService))]
[TunnelFault(typeof(OutOfStock))]
public partial interface IContextService
{
    /// <summary>Returns the received headers and sets the trailer "count" to their number.</summary>
    Task<Dictionary<string, string>> HeadersAsync();

    /// <summary>Returns method, session, transport and priority as the call context of the implementation reports them.</summary>
    Task<string[]> DescribeAsync();

    Task FailWithTrailersAsync();

    /// <summary>Sets a trailer with a lone surrogate. Throws NotFound too if <paramref name="fails"/> is set.</summary>
    Task<int> SetBrokenTrailersAsync(bool fails);

    IAsyncEnumerable<int> CountWithTrailersAsync(int count, bool fails);

    /// <summary>Returns the milliseconds until the deadline of the call, or null without a deadline.</summary>
    Task<double?> RemainingAsync();

    [Timeout("20s")]
    Task<double?> RemainingWithDeclaredTimeoutAsync();

    /// <summary>Returns the milliseconds until the deadline of a nested call to the caller, or null without a deadline.</summary>
    Task<double?> RemainingInCallbackAsync();

    Task BlockAsync(string name, CancellationToken cancellationToken = default);

    [Timeout("50ms")]
    Task BlockWithTimeoutAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Runs until the test releases it. Ignores cancellation.</summary>
    Task IgnoreCancellationAsync(string name);

    IAsyncEnumerable<int> BlockAfterAsync(int count, string name, CancellationToken cancellationToken = default);

    Task<int> CollectAsync(IAsyncEnumerable<int> numbers, CancellationToken cancellationToken = default);

    Task<int> ReserveAsync(string item);

    IAsyncEnumerable<int> ReserveManyAsync(string item);

    Task UndeclaredAsync();
}
