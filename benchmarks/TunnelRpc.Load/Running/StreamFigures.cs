using System.Text.Json.Serialization;

namespace TunnelRpc.Load.Running;

/// <summary>The results of one stream, measured by the side that waits for its end.</summary>
[method: JsonConstructor]
internal readonly record struct StreamFigures(long Items, TimeSpan Elapsed)
{
    public double PerSecond => Items / Elapsed.TotalSeconds;
}
