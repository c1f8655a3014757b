namespace TunnelRpc.Generators.Model;

internal enum TypeEncoding
{
    Map,
    Array,
    Union,
}

/// <summary>One type that needs a generated formatter.</summary>
/// <param name="Type">The type, from global::.</param>
/// <param name="DisplayName">Its name for messages.</param>
/// <param name="HintName">The output's name without ".g.cs".</param>
/// <param name="Identifier">The formatter's name.</param>
/// <param name="IsReference">Whether it can be null.</param>
/// <param name="UsesObsolete">Whether its formatter uses obsolete members.</param>
/// <param name="Encoding">How it travels.</param>
/// <param name="Members">Its members; those of the constructor first, in its order.</param>
/// <param name="Cases">A union's cases.</param>
internal sealed record TypeModel(
    string Type,
    string DisplayName,
    string HintName,
    string Identifier,
    bool IsReference,
    bool UsesObsolete,
    TypeEncoding Encoding,
    EquatableArray<MemberModel> Members,
    EquatableArray<UnionCaseModel> Cases);
