using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>What the parser finds wrong: the analyzer reports it, the generator only learns that there was something.</summary>
internal sealed class Problems(Action<Diagnostic>? report)
{
    public bool Any { get; private set; }

    public void Report(DiagnosticDescriptor rule, ISymbol place, params object[] arguments)
    {
        Any = true;
        if (report is not null)
        {
            report(Diagnostic.Create(rule, place.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None, arguments));
        }
    }
}
