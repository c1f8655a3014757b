using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Measures;

/// <summary>Something that is measured of processes of its own.</summary>
internal interface IStandaloneMeasure
{
    /// <summary>As <c>--only</c> names it.</summary>
    string Name { get; }

    /// <summary>What a quick run leaves out unless it is asked for it by name, in words; null when it does not.</summary>
    string? SkippedWhenQuick { get; }

    Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken);
}
