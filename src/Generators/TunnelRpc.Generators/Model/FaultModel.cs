namespace TunnelRpc.Generators.Model;

/// <summary>A typed fault.</summary>
/// <param name="Name">The fault's name on the wire.</param>
/// <param name="Value">The fault's value.</param>
internal sealed record FaultModel(string Name, ValueModel Value);
