namespace TunnelRpc.References;

/// <summary>Forwards the peer's reports to the application's <see cref="IProgress{T}"/>.</summary>
internal sealed class ProgressSink<T>(IProgress<T> progress) : IProgressSink<T>, ICallScopedTarget
{
    public async Task ReportAsync(IAsyncEnumerable<T> reports, CancellationToken cancellationToken)
    {
        await foreach (T report in reports.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            progress.Report(report);
        }
    }
}
