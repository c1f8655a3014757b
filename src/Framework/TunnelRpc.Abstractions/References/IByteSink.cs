using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>Where the other side writes bytes: what stands behind a writable Stream or PipeWriter that was passed.</summary>
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

    /// <summary>Writes all chunks and flushes; gives each back.</summary>
    Task WriteAsync(IAsyncEnumerable<PooledBytes> chunks, CancellationToken cancellationToken);
}
