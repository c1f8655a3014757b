namespace TunnelRpc.Simulation.Workload;

/// <summary>Ordered dispatch: calls run one at a time, in the order in which they were made. Served by both sides.</summary>
[TunnelService(Callback = typeof(ISimLedger), Dispatch = TunnelDispatch.Ordered)]
public partial interface ISimLedger
{
    Task<byte[]> AppendAsync(int call, byte[] payload, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NoteAsync(int call, byte[] payload);

    /// <summary>Makes a nested call to its caller, which may do the same.</summary>
    Task<int> NestAsync(int call, CancellationToken cancellationToken = default);
}
