using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>
/// The exported target of a readable <see cref="Stream"/> or PipeReader that was passed to the peer: the peer reads bytes from it.
/// </summary>
internal interface IByteSource
{
    static readonly ServerStreamingMethod<IByteSource, Unit, PooledBytes> Read = new(
        "$bytes",
        "Read",
        UnitFormatter.Instance,
        PooledBytesFormatter.Instance,
        static (source, _, cancelled) => source.ReadAsync(cancelled));

    static readonly IReadOnlyList<TunnelMethod<IByteSource>> Methods = [Read];

    /// <summary>Returns the bytes in chunks. A chunk is valid until the next one is requested.</summary>
    IAsyncEnumerable<PooledBytes> ReadAsync(CancellationToken cancellationToken);
}
