using System.Text.Json;

namespace TunnelRpc.Cli.Probing;

/// <summary>One JSON object, at the end.</summary>
internal sealed class JsonView(TextWriter output) : IProbeView
{
    public async Task<ProbeResult> ShowAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        ProbeResult result = await run.RunAsync(cancellationToken).ConfigureAwait(false);
        await output.WriteLineAsync(JsonSerializer.Serialize(ProbeJson.From(result), ProbeJsonContext.Default.ProbeJson)).ConfigureAwait(false);
        return result;
    }
}
