namespace TunnelRpc.Calls.Tests.Migration;

/// <summary>Calls with numbers, so that the test detects a call that ran twice or not at all.</summary>
[TunnelService]
public partial interface ICounted
{
    ValueTask<int> AddAsync(int number, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken = default);
}
