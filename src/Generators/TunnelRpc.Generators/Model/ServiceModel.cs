namespace TunnelRpc.Generators.Model;

/// <summary>A contract.</summary>
/// <param name="Type">The full name of the interface.</param>
/// <param name="HintName">The name of the output without ".g.cs".</param>
/// <param name="Namespace">The namespace; empty for the global namespace.</param>
/// <param name="Declarations">The declarations of the containing partial types and of the interface, outermost first.</param>
/// <param name="Identifier">The name of the generated class.</param>
/// <param name="WireName">The service's name on the wire.</param>
/// <param name="Callback">The name of the callback contract on the wire; null if there is none.</param>
/// <param name="Bases">The full names of the base interfaces, direct and indirect, without the generated one.</param>
/// <param name="UsesObsolete">Whether the generated code uses obsolete or experimental members.</param>
/// <param name="HasErrors">Whether the contract has an error. The model then has neither methods nor types.</param>
/// <param name="Methods">The methods of the interface, followed by the inherited methods.</param>
/// <param name="Formatters">The names of the generated formatters of <paramref name="Types"/>.</param>
/// <param name="Types">The types in the contract that need a generated formatter.</param>
/// <param name="Enums">The enums in the contract.</param>
internal sealed record ServiceModel(
    string Type,
    string HintName,
    string Namespace,
    EquatableArray<string> Declarations,
    string Identifier,
    string WireName,
    string? Callback,
    EquatableArray<string> Bases,
    bool UsesObsolete,
    bool HasErrors,
    EquatableArray<MethodModel> Methods,
    EquatableArray<string> Formatters,
    EquatableArray<TypeModel> Types,
    EquatableArray<EnumModel> Enums);
