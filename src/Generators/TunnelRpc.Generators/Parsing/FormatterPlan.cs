using System;
using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>How generated code gets the formatter that an attribute names.</summary>
/// <param name="Problem">The reason why the formatter does not fit; null if it fits.</param>
/// <param name="Content">The types whose formatters it needs.</param>
/// <param name="Create">Returns the expression, from how the values of <paramref name="Content"/> are serialized.</param>
/// <param name="HandlesNull">Whether the formatter reads and writes the null that the type allows.</param>
/// <param name="NeedsPackage">Whether the package TunnelRpc.MessagePack must be referenced for it.</param>
internal sealed record FormatterPlan(
    string? Problem,
    IReadOnlyList<ITypeSymbol> Content,
    Func<IReadOnlyList<ValueModel>, string> Create,
    bool HandlesNull = false,
    bool NeedsPackage = false)
{
    public static FormatterPlan Refuse(string problem) => new(problem, [], static _ => "");
}
