namespace TunnelRpc.Accounting;

/// <summary>
/// The right of one handshake or leg connection to count in its partitions, which were acquired before. Disposing it releases them; dispose
/// it once.
/// </summary>
/// <param name="partitions">The partitions.</param>
/// <param name="resource">What was acquired.</param>
internal readonly struct PartitionPermit(PartitionSet partitions, PartitionResource resource) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => partitions.Release(resource);
}
