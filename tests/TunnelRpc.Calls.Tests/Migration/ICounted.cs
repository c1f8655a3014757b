namespace TunnelRpc.Calls.Tests.Migration;

/// <summary>Calls that tell when one ran twice or not at all.</summary>
[TunnelService]
public partial interface ICounted
{
    ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);
}
