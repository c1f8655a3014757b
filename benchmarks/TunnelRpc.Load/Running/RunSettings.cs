using TunnelRpc.Load.Paths;

namespace TunnelRpc.Load.Running;

/// <summary>The extent of a run.</summary>
/// <param name="Quick">Whether the run skips expensive measures.</param>
/// <param name="Duration">The duration of one round of one measure of one system.</param>
/// <param name="WarmUp">The warm-up time of each system before its first round.</param>
/// <param name="Rounds">The number of rounds. The result is their median.</param>
internal sealed record RunSettings(bool Quick, TimeSpan Duration, TimeSpan WarmUp, int Rounds)
{
    /// <summary>
    /// The warm-up time before each later measure of a system, which is already partly warm. A quick run uses a quarter of
    /// <see cref="WarmUp"/>.
    /// </summary>
    public TimeSpan SubsequentWarmUp => Quick ? WarmUp / 4 : WarmUp;

    /// <summary>The transports of TunnelRpc that the run includes.</summary>
    public IReadOnlyList<string> Transports { get; init; } = [];

    /// <summary>The path between client and server; null for loopback. Standalone measures have their own.</summary>
    public PathSettings? Path { get; init; }

    /// <summary>Whether other RPC frameworks are measured, too.</summary>
    public bool Peers { get; init; }

    /// <summary>A directory with other builds of this program, each in its own subdirectory; null if there are none.</summary>
    public DirectoryInfo? Published { get; init; }
}
