namespace TunnelRpc.Load.Running;

/// <summary>What one stream came to, as the one who waited for its end saw it.</summary>
internal readonly record struct StreamFigures(long Items, TimeSpan Elapsed)
{
    public double PerSecond => Items / Elapsed.TotalSeconds;
}
