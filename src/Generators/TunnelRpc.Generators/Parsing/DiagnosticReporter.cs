using System;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Collects the errors and notes of the parser. The analyzer reports them all; the generator reports <see cref="First"/>.
/// </summary>
/// <param name="report">Receives each error and note; null in the generator.</param>
internal sealed class DiagnosticReporter(Action<Diagnostic>? report)
{
    /// <summary>The first error; null if there is none.</summary>
    public Diagnostic? First { get; private set; }

    /// <summary>Whether an error was reported.</summary>
    public bool HasErrors => First is not null;

    /// <summary>Whether a note was reported, which does not prevent the generation.</summary>
    public bool HasNotes { get; private set; }

    /// <summary>Reports information at a location; if it is null, at the first location of the symbol in source.</summary>
    public void Note(DiagnosticDescriptor rule, Location? location, ISymbol symbol, params object[] arguments)
    {
        HasNotes = true;
        report?.Invoke(Diagnostic.Create(rule, location ?? LocationOf(symbol), arguments));
    }

    /// <summary>Reports an error at the first location of the symbol in source.</summary>
    public void Report(DiagnosticDescriptor rule, ISymbol symbol, params object[] arguments) => Report(rule, null, symbol, arguments);

    /// <summary>Reports an error at a location; if it is null, at the first location of the symbol in source.</summary>
    public void Report(DiagnosticDescriptor rule, Location? location, ISymbol symbol, params object[] arguments) =>
        Add(Diagnostic.Create(rule, location ?? LocationOf(symbol), arguments));

    /// <summary>Reports an error at the first location of the symbol in source, which the exclusion of a member also removes.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="symbol">The symbol at which the error is reported.</param>
    /// <param name="member">The member, for the code fix; null if there is none.</param>
    /// <param name="arguments">The arguments of the message.</param>
    public void ReportExcludable(DiagnosticDescriptor rule, ISymbol symbol, ISymbol? member, params object[] arguments)
    {
        Location[]? further = member is null ? null : [LocationOf(member)];
        Add(Diagnostic.Create(rule, LocationOf(symbol), further, arguments));
    }

    private void Add(Diagnostic error)
    {
        First ??= error;
        report?.Invoke(error);
    }

    private static Location LocationOf(ISymbol symbol) => symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Location.None;
}
