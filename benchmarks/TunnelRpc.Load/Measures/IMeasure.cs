using TunnelRpc.Load.Reporting;
using TunnelRpc.Load.Running;
using TunnelRpc.Load.Targets;

namespace TunnelRpc.Load.Measures;

/// <summary>A measure that compares systems in interleaved rounds.</summary>
internal interface IMeasure
{
    /// <summary>The name in <c>--only</c>.</summary>
    string Name { get; }

    bool AppliesTo(LoadTarget target, RunSettings settings);

    /// <summary>Warms up the processes of the system for <see cref="RunAsync"/>.</summary>
    Task WarmUpAsync(LoadTarget target, RunSettings settings);

    /// <summary>Measures one round of one system.</summary>
    Task<IReadOnlyList<Measurement>> RunAsync(LoadTarget target, RunSettings settings);
}
