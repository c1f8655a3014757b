namespace TunnelRpc.Generators.Model;

/// <summary>The encoding of a type.</summary>
internal enum TypeEncoding
{
    /// <summary>A map from member keys to values.</summary>
    Map,

    /// <summary>An array, indexed by integer keys.</summary>
    Array,

    /// <summary>An array of two elements: the tag of the case and its value.</summary>
    Union,

    /// <summary>A discriminated union of F#: an array of the tag and an array of the fields.</summary>
    DiscriminatedUnion,
}

/// <summary>A type that needs a generated formatter.</summary>
/// <param name="Type">The full name of the type.</param>
/// <param name="DisplayName">The name for messages.</param>
/// <param name="HintName">The name of the output without ".g.cs".</param>
/// <param name="Identifier">The name of the formatter class.</param>
/// <param name="IsReference">Whether it is a reference type.</param>
/// <param name="MayBeDerived">Whether a value may be of a derived type, whose members the formatter does not know.</param>
/// <param name="HasCallbacks">
/// Whether it has the callbacks of MessagePack-CSharp, which are called before writing and after reading.
/// </param>
/// <param name="MayThrow">Whether creating an object runs code of the application that may throw.</param>
/// <param name="UsesObsolete">Whether the formatter uses obsolete or experimental members.</param>
/// <param name="Encoding">The encoding.</param>
/// <param name="Members">The serialized members: first those that the constructor sets, in the order of its parameters.</param>
/// <param name="Cases">The cases of a union.</param>
/// <param name="DiscriminatedCases">The cases of a discriminated union of F#.</param>
internal sealed record TypeModel(
    string Type,
    string DisplayName,
    string HintName,
    string Identifier,
    bool IsReference,
    bool MayBeDerived,
    bool HasCallbacks,
    bool MayThrow,
    bool UsesObsolete,
    TypeEncoding Encoding,
    EquatableArray<MemberModel> Members,
    EquatableArray<UnionCaseModel> Cases,
    EquatableArray<DiscriminatedCaseModel> DiscriminatedCases);
