namespace TunnelRpc.Generators.Model;

/// <summary>A case of a union.</summary>
/// <param name="Tag">The tag on the wire.</param>
/// <param name="Type">The full name of the type.</param>
/// <param name="InheritanceDepth">
/// The number of base types. Cases are tested in descending order, so that a case is tested before the case that it derives from.
/// </param>
/// <param name="Value">The value of the case.</param>
internal sealed record UnionCaseModel(int Tag, string Type, int InheritanceDepth, ValueModel Value);
