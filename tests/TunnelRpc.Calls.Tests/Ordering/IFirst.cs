namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>A contract with ordered dispatch.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IFirst : IScript
{
    Task AppendAsync(int number, byte[] ballast);

    [OneWay]
    ValueTask AppendSoonAsync(int number, byte[] ballast);

    /// <summary>Yields 0, 1, 2 and so on until it is cancelled.</summary>
    IAsyncEnumerable<int> CountAsync(CancellationToken cancellationToken = default);

    Task<int> SumAsync(IAsyncEnumerable<int> numbers);

    Task<IAccount> OpenAsync();
}
