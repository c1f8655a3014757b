namespace TunnelRpc.Generators.Model;

/// <summary>One contract.</summary>
/// <param name="Type">The interface, from global::.</param>
/// <param name="HintName">The output's name without ".g.cs".</param>
/// <param name="Namespace">Its namespace; empty for the global one.</param>
/// <param name="Declarations">The headers of the partial types around it and its own, outermost first.</param>
/// <param name="Identifier">The name of what is generated for it.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Methods">Its methods.</param>
/// <param name="Types">The types it reaches that need formatters.</param>
internal sealed record ServiceModel(
    string Type,
    string HintName,
    string Namespace,
    EquatableArray<string> Declarations,
    string Identifier,
    string WireName,
    EquatableArray<MethodModel> Methods,
    EquatableArray<TypeModel> Types);
