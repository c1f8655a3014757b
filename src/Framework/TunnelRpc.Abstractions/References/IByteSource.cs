using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>Bytes that the other side reads: what stands behind a Stream or PipeReader that was passed.</summary>
internal interface IByteSource
{
    static readonly ServerStreamingMethod<IByteSource, Unit, PooledBytes> Read = new(
        "$bytes", "Read", UnitFormatter.Instance, PooledBytesFormatter.Instance, static (source, _, cancelled) => source.ReadAsync(cancelled));

    static readonly IReadOnlyList<TunnelMethod<IByteSource>> Methods = [Read];

    /// <summary>The chunks; each is valid until the next one is asked for.</summary>
    IAsyncEnumerable<PooledBytes> ReadAsync(CancellationToken cancellationToken);
}
