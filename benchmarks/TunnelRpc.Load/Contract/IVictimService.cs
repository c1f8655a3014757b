namespace TunnelRpc.Load.Contract;

/// <summary>The contract of the server that is attacked.</summary>
[TunnelService(Callback = typeof(IVictimMember))]
public partial interface IVictimService
{
    ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken = default);

    /// <summary>Sends items.</summary>
    IAsyncEnumerable<Sample> ItemsAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>Sends new arrays without an end.</summary>
    IAsyncEnumerable<byte[]> BlocksAsync(int size, CancellationToken cancellationToken = default);

    /// <summary>Holds the argument until the call is cancelled.</summary>
    Task HoldAsync(byte[] argument, CancellationToken cancellationToken = default);

    /// <summary>Blocks a thread.</summary>
    Task BlockAsync(int milliseconds);

    /// <summary>Makes the server send a one-way call to all clients.</summary>
    Task BroadcastAsync(byte[] bytes);
}
