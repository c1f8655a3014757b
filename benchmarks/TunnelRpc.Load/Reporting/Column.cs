namespace TunnelRpc.Load.Reporting;

/// <summary>A column of numbers.</summary>
/// <param name="Header">What stands above.</param>
/// <param name="Format">How its numbers are written.</param>
/// <param name="Of">A row's number; null when it has none.</param>
internal sealed record Column(string Header, string Format, Func<Measurement, double?> Of);
