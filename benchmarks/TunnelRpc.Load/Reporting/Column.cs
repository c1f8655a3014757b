namespace TunnelRpc.Load.Reporting;

/// <summary>A column of numbers.</summary>
/// <param name="Header">The header.</param>
/// <param name="Format">The format of its numbers.</param>
/// <param name="Of">Returns the number of a row; null if the row has none.</param>
internal sealed record Column(string Header, string Format, Func<Measurement, double?> Of);
