namespace TunnelRpc.Load.Contract;

/// <summary>What makes a server hold memory for its clients.</summary>
[TunnelService]
public partial interface IMemoryService
{
    /// <summary>Holds the argument until the call is cancelled.</summary>
    Task HoldAsync(byte[] argument, CancellationToken cancellationToken = default);

    /// <summary>Returns a new array.</summary>
    Task<byte[]> ReplyAsync(int size, CancellationToken cancellationToken = default);

    /// <summary>Sends new arrays without an end.</summary>
    IAsyncEnumerable<byte[]> ItemsAsync(int size, CancellationToken cancellationToken = default);
}
