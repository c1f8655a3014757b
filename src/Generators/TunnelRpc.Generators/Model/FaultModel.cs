namespace TunnelRpc.Generators.Model;

/// <summary>A typed fault.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Value">How it is read and written.</param>
internal sealed record FaultModel(string Name, ValueModel Value);
