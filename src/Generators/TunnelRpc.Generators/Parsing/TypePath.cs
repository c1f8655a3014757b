using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The path from a contract to a type, for messages, and the symbol in the contract at which the path starts.</summary>
internal sealed class TypePath(ISymbol symbol, string text)
{
    /// <summary>The symbol at which diagnostics are reported.</summary>
    public ISymbol Symbol { get; } = symbol;

    /// <summary>Returns the path to a member of the type.</summary>
    public TypePath Append(string member) => new(Symbol, text + "." + member);

    public override string ToString() => text;
}
