using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Measures;

/// <summary>A measure that starts its own processes.</summary>
internal interface IStandaloneMeasure
{
    /// <summary>The name in <c>--only</c>.</summary>
    string Name { get; }

    /// <summary>
    /// A description of the measure if a quick run skips it unless <c>--only</c> names it; null if a quick run includes it.
    /// </summary>
    string? SkippedWhenQuick { get; }

    Task<IReadOnlyList<Measurement>> RunAsync(RunSettings settings, CancellationToken cancellationToken);
}
