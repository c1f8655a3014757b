namespace TunnelRpc.Cli.Probing;

/// <summary>Shows a probe: as a live table, as lines of text or as JSON.</summary>
internal interface IProbeView
{
    /// <summary>Runs <paramref name="run"/>, shows its progress and result, and returns the result. The caller disposes the run.</summary>
    Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken);
}
