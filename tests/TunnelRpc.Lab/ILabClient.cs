namespace TunnelRpc.Lab;

/// <summary>What the lab's client offers.</summary>
[TunnelService]
public partial interface ILabClient
{
    Task<string> ShoutAsync(string text, CancellationToken cancellationToken = default);

    Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
