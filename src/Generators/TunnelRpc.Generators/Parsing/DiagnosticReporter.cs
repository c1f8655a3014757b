using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>What the parser finds wrong: the analyzer reports it, the generator only learns that there was something.</summary>
internal sealed class DiagnosticReporter(Action<Diagnostic>? report)
{
    public bool HasErrors { get; private set; }

    public void Report(DiagnosticDescriptor rule, ISymbol symbol, params object[] arguments)
    {
        // A warning leaves the contract whole.
        HasErrors |= rule.DefaultSeverity == DiagnosticSeverity.Error;
        if (report is not null)
        {
            report(Diagnostic.Create(rule, symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None, arguments));
        }
    }
}
