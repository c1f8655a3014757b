using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Collects the diagnostics of the parser. The analyzer reports them; the generator only checks <see cref="HasErrors"/>.</summary>
/// <param name="report">Receives each diagnostic; null in the generator.</param>
internal sealed class DiagnosticReporter(Action<Diagnostic>? report)
{
    /// <summary>Whether an error was reported.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Reports a diagnostic at the first location of the symbol in source.</summary>
    public void Report(DiagnosticDescriptor rule, ISymbol symbol, params object[] arguments)
    {
        // A contract with only warnings is generated.
        HasErrors |= rule.DefaultSeverity == DiagnosticSeverity.Error;
        if (report is not null)
        {
            report(Diagnostic.Create(rule, symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None, arguments));
        }
    }
}
