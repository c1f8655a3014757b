namespace TunnelRpc.Generators.Model;

/// <summary>One case of a union.</summary>
/// <param name="Tag">Its number on the wire.</param>
/// <param name="Type">Its type, from global::.</param>
/// <param name="InheritanceDepth">How far it is from object: a case that derives from another is to be asked for first.</param>
/// <param name="Value">How it is read and written.</param>
internal sealed record UnionCaseModel(int Tag, string Type, int InheritanceDepth, ValueModel Value);
