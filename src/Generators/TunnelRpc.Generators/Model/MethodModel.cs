namespace TunnelRpc.Generators.Model;

/// <summary>The call shape of a method.</summary>
internal enum MethodShape
{
    /// <summary>One request, one reply.</summary>
    Unary,

    /// <summary>One request, no reply.</summary>
    OneWay,

    /// <summary>One request, a stream of items as the reply.</summary>
    ServerStreaming,

    /// <summary>A stream of items from the caller, one reply.</summary>
    ClientStreaming,

    /// <summary>A stream of items in each direction.</summary>
    DuplexStreaming,
}

/// <summary>A method of a contract.</summary>
/// <param name="Contract">The full name of the interface that declares the method: the contract, or a base interface of it.</param>
/// <param name="Name">The C# name, escaped.</param>
/// <param name="IsPublic">Whether the method is public, and not internal.</param>
/// <param name="IsOverloaded">Whether the interface has other members of the name.</param>
/// <param name="Identifier">A name that is unique in the contract.</param>
/// <param name="WireName">The name on the wire.</param>
/// <param name="Shape">The call shape.</param>
/// <param name="ResultKind">The kind of the returned stream.</param>
/// <param name="ReturnType">The return type as declared.</param>
/// <param name="ReturnsValueTask">Whether the method returns ValueTask and not Task.</param>
/// <param name="Result">The result, or the items of the returned stream; null if the method returns nothing.</param>
/// <param name="Parameters">All parameters, in declaration order.</param>
/// <param name="Settings">The settings from attributes.</param>
/// <param name="DocumentationId">The id of the declaration in the XML documentation.</param>
internal sealed record MethodModel(
    string Contract,
    string Name,
    bool IsPublic,
    bool IsOverloaded,
    string Identifier,
    string WireName,
    MethodShape Shape,
    StreamKind ResultKind,
    string ReturnType,
    bool ReturnsValueTask,
    ValueModel? Result,
    EquatableArray<ParameterModel> Parameters,
    MethodSettings Settings,
    string DocumentationId);
