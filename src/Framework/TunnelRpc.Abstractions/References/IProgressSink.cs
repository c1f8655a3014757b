namespace TunnelRpc.References;

/// <summary>The exported target of an <see cref="IProgress{T}"/> that was passed to the peer.</summary>
internal interface IProgressSink<in T>
{
    /// <summary>Receives the peer's reports in order, until the stream ends.</summary>
    Task ReportAsync(IAsyncEnumerable<T> reports, CancellationToken cancellationToken);
}
