using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>
/// The exported target of a writable <see cref="Stream"/> or PipeWriter that was passed to the peer: the peer writes bytes to it.
/// </summary>
internal interface IByteSink
{
    static readonly ClientStreamingMethod<IByteSink, Unit, PooledBytes, Unit> Write = new(
        "$bytes",
        "Write",
        UnitFormatter.Instance,
        PooledBytesFormatter.Instance,
        UnitFormatter.Instance,
        static (sink, _, chunks, cancelled) => Unit.From(sink.WriteAsync(chunks, cancelled)));

    static readonly IReadOnlyList<TunnelMethod<IByteSink>> Methods = [Write];

    /// <summary>Writes all chunks and flushes. Returns each chunk to the pool.</summary>
    Task WriteAsync(IAsyncEnumerable<PooledBytes> chunks, CancellationToken cancellationToken);
}
