using System.Text.Json;

namespace TunnelRpc.Cli.Probing;

/// <summary>Writes one JSON object after the probe.</summary>
internal sealed class JsonView(TextWriter output) : IProbeView
{
    public async Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ProbeResult result = await run.RunAsync(cancellationToken).ConfigureAwait(false);
        string json = JsonSerializer.Serialize(ProbeJson.From(result), ProbeJsonContext.Default.ProbeJson);
        await output.WriteLineAsync(json).ConfigureAwait(false);
        return result;
    }
}
