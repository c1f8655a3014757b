using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>Something that is measured of systems side by side, in interleaved rounds.</summary>
internal interface IMeasure
{
    /// <summary>As <c>--only</c> names it.</summary>
    string Name { get; }

    bool AppliesTo(LoadTarget target, RunSettings settings);

    /// <summary>Lets the systems' processes get warm for what <see cref="RunAsync"/> does.</summary>
    Task WarmUpAsync(LoadTarget target, RunSettings settings);

    /// <summary>One round of one system.</summary>
    Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings);
}
