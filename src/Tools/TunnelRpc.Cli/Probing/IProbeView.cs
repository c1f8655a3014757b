namespace TunnelRpc.Cli.Probing;

/// <summary>Runs a probe and shows it: as a table that lives, as lines, as JSON.</summary>
internal interface IProbeView
{
    Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken);
}
