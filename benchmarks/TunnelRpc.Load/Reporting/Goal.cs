using System.Globalization;

namespace TunnelRpc.Load.Reporting;

/// <summary>What is aimed at, within one run.</summary>
/// <param name="Text">What it is about.</param>
/// <param name="Measured">What came of it; null when it was not measured.</param>
/// <param name="Bound">What it is to be.</param>
/// <param name="IsMinimum">Whether it is to be that at least, and not at most.</param>
/// <param name="Unit">What it is counted in.</param>
internal sealed record Goal(string Text, double? Measured, double Bound, bool IsMinimum, string Unit = "x")
{
    public bool IsMet => IsMinimum ? Measured >= Bound : Measured <= Bound;

    /// <summary>What the bound is, in words.</summary>
    public string Requirement => string.Create(CultureInfo.InvariantCulture, $"at {(IsMinimum ? "least" : "most")} {Bound:0.###} {Unit}");
}
