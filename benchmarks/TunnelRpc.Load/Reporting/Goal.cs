using System.Globalization;

namespace TunnelRpc.Load.Reporting;

/// <summary>A target for a value of one run.</summary>
/// <param name="Text">A description of the value.</param>
/// <param name="Measured">The measured value; null if it was not measured.</param>
/// <param name="Bound">The bound of the value.</param>
/// <param name="IsMinimum">Whether the bound is a minimum. Otherwise it is a maximum.</param>
/// <param name="Unit">The unit of the value and of the bound.</param>
internal sealed record Goal(string Text, double? Measured, double Bound, bool IsMinimum, string Unit = "x")
{
    public bool IsMet => IsMinimum ? Measured >= Bound : Measured <= Bound;

    /// <summary>The bound as text.</summary>
    public string Requirement => string.Create(CultureInfo.InvariantCulture, $"at {(IsMinimum ? "least" : "most")} {Bound:0.###} {Unit}");
}
