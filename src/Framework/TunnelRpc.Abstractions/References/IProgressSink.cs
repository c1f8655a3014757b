namespace TunnelRpc.References;

/// <summary>Takes the other side's reports, in order.</summary>
internal interface IProgressSink<in T>
{
    Task ReportAsync(IAsyncEnumerable<T> reports, CancellationToken cancellationToken);
}
