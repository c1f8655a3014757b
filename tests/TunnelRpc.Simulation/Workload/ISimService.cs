namespace TunnelRpc.Simulation.Workload;

/// <summary>
/// Every kind of call. Each call passes its number, by which both sides find its script in the model. Served by both sides.
/// </summary>
[TunnelService(Callback = typeof(ISimService))]
public partial interface ISimService
{
    Task<byte[]> AskAsync(int call, byte[] payload, CancellationToken cancellationToken = default);

    Task TellAsync(int call, byte[] payload, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NotifyAsync(int call, byte[] payload);

    [Idempotent]
    Task<byte[]> LookUpAsync(int call, byte[] payload, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> DownloadAsync(int call, CancellationToken cancellationToken = default);

    Task<int> UploadAsync(int call, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    IAsyncEnumerable<byte[]> ExchangeAsync(int call, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken = default);

    /// <summary>Makes a nested call to its caller, which may do the same.</summary>
    Task<int> NestAsync(int call, CancellationToken cancellationToken = default);
}
