using TunnelRpc.Client;

namespace Quickstart;

/// <summary>All that was shown over one tunnel.</summary>
/// <param name="Requested">What was asked for: a transport's name, or "negotiated".</param>
/// <param name="Report">Every attempt at a path.</param>
/// <param name="Steps">The calls; empty when there was no path.</param>
/// <param name="RoundTripMicroseconds">The median of 200 unary calls; null when there was no path.</param>
internal sealed record DemoRun(string Requested, PathReport Report, IReadOnlyList<DemoStep> Steps, double? RoundTripMicroseconds)
{
    public bool Succeeded => RoundTripMicroseconds is not null;
}
