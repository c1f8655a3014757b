namespace TunnelRpc.Generators.Model;

/// <summary>One contract.</summary>
/// <param name="Type">The interface, from global::.</param>
/// <param name="HintName">The output's name without ".g.cs".</param>
/// <param name="Namespace">Its namespace; empty for the global one.</param>
/// <param name="Declarations">The headers of the partial types around it and its own, outermost first.</param>
/// <param name="Identifier">The name of what is generated for it.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="UsesObsolete">Whether what is generated uses obsolete members.</param>
/// <param name="HasErrors">Whether it has a problem: then it has neither methods nor types.</param>
/// <param name="Methods">Its methods: its own, then those that it inherits.</param>
/// <param name="Types">The types it reaches that need formatters.</param>
internal sealed record ServiceModel(
    string Type,
    string HintName,
    string Namespace,
    EquatableArray<string> Declarations,
    string Identifier,
    string WireName,
    bool UsesObsolete,
    bool HasErrors,
    EquatableArray<MethodModel> Methods,
    EquatableArray<TypeModel> Types);
