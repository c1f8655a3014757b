using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>How a type is reached from a contract, for messages, and the place in the contract where that begins.</summary>
internal sealed class TypePath(ISymbol symbol, string text)
{
    public ISymbol Symbol { get; } = symbol;

    public TypePath Append(string member) => new(Symbol, text + "." + member);

    public override string ToString() => text;
}
