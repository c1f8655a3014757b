namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>A contract that is served on its own and as the base of another contract.</summary>
[TunnelService(Name = "stock")]
public partial interface IStock : IReadable
{
    Task<int> CountAsync(string article);

    IAsyncEnumerable<string> ListAsync(int count, CancellationToken cancellationToken = default);
}
