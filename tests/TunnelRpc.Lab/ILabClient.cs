namespace TunnelRpc.Lab;

/// <summary>The service of the lab's client, for callbacks.</summary>
[TunnelService]
public partial interface ILabClient
{
    Task<string> ShoutAsync(string text, CancellationToken cancellationToken = default);

    Task<byte[]> ReverseAsync(byte[] bytes, CancellationToken cancellationToken = default);
}
