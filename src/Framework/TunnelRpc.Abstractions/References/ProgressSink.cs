namespace TunnelRpc.References;

/// <summary>The application's progress.</summary>
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
