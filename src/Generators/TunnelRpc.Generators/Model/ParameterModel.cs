namespace TunnelRpc.Generators.Model;

/// <summary>The role of a parameter in a call.</summary>
internal enum ParameterRole
{
    /// <summary>An argument, which is serialized.</summary>
    Argument,

    /// <summary>The stream of items that the caller sends.</summary>
    Stream,

    /// <summary>The cancellation token, which is not serialized.</summary>
    CancellationToken,
}

/// <summary>A parameter of a contract method.</summary>
/// <param name="Name">The name, escaped.</param>
/// <param name="Type">The type as declared.</param>
/// <param name="RuntimeType">The type as an operand of typeof.</param>
/// <param name="Role">The role in the call.</param>
/// <param name="Kind">The kind of stream, for the stream of the call.</param>
/// <param name="Default">The default value as an expression; null if there is none.</param>
/// <param name="NeutralDefault">The default value as JSON, or <c>default</c>; null if there is none.</param>
/// <param name="Value">The argument, or the items of the stream; null for a cancellation token.</param>
internal sealed record ParameterModel(
    string Name,
    string Type,
    string RuntimeType,
    ParameterRole Role,
    StreamKind Kind,
    string? Default,
    string? NeutralDefault,
    ValueModel? Value);
