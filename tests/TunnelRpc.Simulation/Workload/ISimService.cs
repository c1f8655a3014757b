namespace TunnelRpc.Simulation.Workload;

/// <summary>Every shape of call, each with the number of the call, under which the ledger has what it is to do. Served by both sides.</summary>
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

    /// <summary>Calls its caller back, which may do the same.</summary>
    Task<int> NestAsync(int call, CancellationToken cancellationToken = default);
}
