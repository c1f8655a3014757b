namespace TunnelRpc.Lab;

/// <summary>What the lab's client offers.</summary>
[TunnelService]
public partial interface ILabClient
{
    Task<string> ShoutAsync(string text, CancellationToken cancellationToken = default);

    Task<byte[]> MakeAsync(int count, CancellationToken cancellationToken = default);
}
