namespace TunnelRpc.Generators.Model;

internal enum ParameterRole
{
    Argument,
    Stream,
    CancellationToken,
}

/// <summary>One parameter of a contract's method.</summary>
/// <param name="Name">Its name, escaped.</param>
/// <param name="Type">Its type as declared.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Default">Its default value as an expression; null when it has none.</param>
/// <param name="Value">How it, or a stream's element, is read and written; null for a token.</param>
internal sealed record ParameterModel(string Name, string Type, ParameterRole Role, string? Default, ValueModel? Value);
