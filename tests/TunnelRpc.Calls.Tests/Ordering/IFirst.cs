namespace TunnelRpc.Calls.Tests.Ordering;

/// <summary>A contract under ordered dispatch.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface IFirst : IScript
{
    Task AppendAsync(int number, byte[] ballast);

    [OneWay]
    ValueTask AppendSoonAsync(int number, byte[] ballast);

    /// <summary>0, 1, 2 and so on, for ever.</summary>
    IAsyncEnumerable<int> CountAsync(CancellationToken cancellationToken = default);

    Task<int> SumAsync(IAsyncEnumerable<int> numbers);

    Task<IAccount> OpenAsync();
}
