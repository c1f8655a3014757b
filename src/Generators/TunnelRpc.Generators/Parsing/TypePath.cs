using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

/// <summary>The path from a contract to a type, for messages, and the symbols at which it starts and ends.</summary>
internal sealed class TypePath
{
    private readonly string _text;

    public TypePath(ISymbol symbol, string text)
        : this(symbol, text, text, null)
    {
    }

    private TypePath(ISymbol symbol, string start, string text, ISymbol? member)
    {
        Symbol = symbol;
        Start = start;
        MemberOrSymbol = member ?? symbol;
        _text = text;
    }

    /// <summary>The symbol in the contract at which the path starts.</summary>
    public ISymbol Symbol { get; }

    /// <summary>The first part of the path, which names the symbol.</summary>
    public string Start { get; }

    /// <summary>
    /// The symbol at which diagnostics are reported: the last member of the path with source in the assembly of the contract; the symbol in
    /// the contract if there is none.
    /// </summary>
    public ISymbol MemberOrSymbol { get; }

    /// <summary>
    /// The last member of the path if it can be excluded with [TunnelIgnore]: the assembly of the contract declares it, and no record needs
    /// its value to be created. Otherwise null.
    /// </summary>
    public ISymbol? ExcludableMember =>
        SymbolEqualityComparer.Default.Equals(MemberOrSymbol, Symbol)
        || MemberOrSymbol.DeclaringSyntaxReferences.Any(r => r.GetSyntax() is ParameterSyntax { Default: null })
            ? null
            : MemberOrSymbol;

    /// <summary>The text ", or exclude the member with [TunnelIgnore]", with its name, where that is possible; otherwise empty.</summary>
    public string ExclusionText =>
        ExcludableMember is { } member ? $", or exclude '{member.ContainingType.Name}.{member.Name}' with [TunnelIgnore]" : "";

    /// <summary>Returns the path to a case of a union.</summary>
    public TypePath Append(string name) => new(Symbol, Start, _text + "." + name, MemberOrSymbol);

    /// <summary>Returns the path to a member of the type.</summary>
    /// <param name="member">The member.</param>
    /// <param name="hasSource">Whether the assembly of the contract declares it.</param>
    public TypePath Append(ISymbol member, bool hasSource) =>
        new(Symbol, Start, _text + "." + member.Name, hasSource ? member : MemberOrSymbol);

    public override string ToString() => _text;
}
