using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Collects the errors of the parser. The analyzer reports them all; the generator reports <see cref="First"/>.</summary>
/// <param name="report">Receives each error; null in the generator.</param>
internal sealed class DiagnosticReporter(Action<Diagnostic>? report)
{
    /// <summary>The first error; null if there is none.</summary>
    public Diagnostic? First { get; private set; }

    /// <summary>Whether an error was reported.</summary>
    public bool HasErrors => First is not null;

    /// <summary>Reports an error at the first location of the symbol in source.</summary>
    public void Report(DiagnosticDescriptor rule, ISymbol symbol, params object[] arguments)
    {
        var error = Diagnostic.Create(rule, symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None, arguments);
        First ??= error;
        report?.Invoke(error);
    }
}
