namespace TunnelRpc.Load;

/// <summary>The measured contract; both sides serve it.</summary>
[TunnelService(Callback = typeof(ILoadService))]
public partial interface ILoadService
{
    ValueTask<Sample> EchoAsync(Sample sample, CancellationToken cancellationToken = default);

    /// <summary>Takes blocks and gives how many bytes they had.</summary>
    Task<long> SwallowAsync(IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    /// <summary>So many blocks of so many bytes.</summary>
    IAsyncEnumerable<byte[]> PourAsync(int blocks, int size, CancellationToken cancellationToken = default);

    /// <summary>Makes the server call its client for so long, and gives what it measured.</summary>
    Task<Figures> CallBackAsync(int concurrency, int milliseconds, CancellationToken cancellationToken = default);
}
