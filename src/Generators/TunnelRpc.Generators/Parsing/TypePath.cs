using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>How a type is reached from a contract, for messages, and the place in the contract where that begins.</summary>
internal sealed class TypePath(ISymbol place, string text)
{
    public ISymbol Place { get; } = place;

    public TypePath To(string member) => new(Place, text + "." + member);

    public override string ToString() => text;
}
