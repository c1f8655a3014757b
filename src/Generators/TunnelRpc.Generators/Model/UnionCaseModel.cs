namespace TunnelRpc.Generators.Model;

/// <summary>One case of a union.</summary>
internal sealed record UnionCaseModel(int Tag, string Type, ValueModel Value);
