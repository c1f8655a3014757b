using TunnelRpc.Client;

namespace Quickstart;

/// <summary>The results of one transport.</summary>
/// <param name="Requested">The requested transport, or "negotiated".</param>
/// <param name="Report">Every attempt to open a path.</param>
/// <param name="Steps">The calls; empty when no path could be opened.</param>
/// <param name="RoundTripMicroseconds">The median of 200 unary calls, in µs; null when no path could be opened.</param>
internal sealed record DemoRun(string Requested, PathReport Report, IReadOnlyList<DemoStep> Steps, double? RoundTripMicroseconds)
{
    public bool Succeeded => RoundTripMicroseconds is not null;
}
