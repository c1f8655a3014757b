using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>
/// Finds the formatters that attributes name, of types and of places (members, parameters, results). One instance for each contract.
/// </summary>
/// <param name="types">Finds how the content of a formatter is serialized.</param>
/// <param name="diagnostics">Receives the errors.</param>
/// <param name="compilation">The compilation of the contract.</param>
/// <param name="access">Finds which symbols generated code can use.</param>
internal sealed class FormatterParser(
    TypeParser types, DiagnosticReporter diagnostics, Compilation compilation, GeneratedCodeAccess access)
{
    /// <summary>The largest number of formatters that contain each other. Without this limit the parser would not end.</summary>
    private const int MaxDepth = 32;

    private readonly AssemblyFormatters _assemblies = AssemblyFormatters.Of(compilation);
    private readonly FormatterResolver _resolver = new(compilation, access);

    // The types whose formatters are being created, without a generated formatter between them.
    private HashSet<ITypeSymbol> _open = new(SymbolEqualityComparer.Default);

    /// <summary>
    /// Returns the attributes that apply to the type: more than one if they contradict each other, none if there is none.
    /// </summary>
    public IReadOnlyList<FormatterAttribute> Find(ITypeSymbol type)
    {
        IReadOnlyList<FormatterAttribute> own = _assemblies.FindOwn(type);
        return own.Count > 0 ? Distinct(own) : Distinct([.. OfType(type), .. _assemblies.FindReferenced(type)]);
    }

    /// <summary>Returns the attributes of a member, or of the constructor parameter that sets it.</summary>
    public static IReadOnlyList<FormatterAttribute> FindAtMember(ISymbol member, IParameterSymbol? parameter) =>
        Distinct([.. FormatterAttribute.Of(member), .. parameter is null ? [] : FormatterAttribute.Of(parameter)]);

    /// <summary>Returns the types that the values of a type with these attributes contain.</summary>
    public IEnumerable<ITypeSymbol> ContentOf(ITypeSymbol type, IReadOnlyList<FormatterAttribute> attributes) =>
        attributes.Count == 0 ? [] : _resolver.Resolve(type, attributes[0]).Content;

    /// <summary>
    /// Returns whether the formatter also reads and writes null: that of a nullable value type, and one of the package MessagePack for a
    /// type that allows null. Otherwise null is nil, and the formatter is not called for it.
    /// </summary>
    public bool HandlesNull(ITypeSymbol type, IReadOnlyList<FormatterAttribute> attributes) =>
        attributes.Count == 1 && _resolver.Resolve(type, attributes[0]).HandlesNull;

    /// <summary>
    /// Returns how a value that is not null is serialized. Reports an error and returns null if the formatter does not fit.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="attributes">The attributes that apply to it; at least one.</param>
    /// <param name="path">The path from the contract to the type.</param>
    public ValueModel? Parse(ITypeSymbol type, IReadOnlyList<FormatterAttribute> attributes, TypePath path)
    {
        string display = type.ToDisplayString();
        FormatterAttribute attribute = attributes[0];
        types.Sources.Add(attribute.Formatter);
        if (attributes.Count > 1)
        {
            FormatterAttribute other = attributes[1];
            diagnostics.Report(
                Rules.FormatterConflict,
                other.FindLocation(compilation),
                path.MemberOrSymbol,
                display,
                Describe(attribute),
                Describe(other));
            return null;
        }

        if (attribute.Type is { } named && !IsNamed(named, type))
        {
            return Refuse($"the attribute is at a place of the type '{display}' and names '{named.ToDisplayString()}'");
        }

        FormatterPlan plan = _resolver.Resolve(type, attribute);
        if (plan.Problem is not null)
        {
            return Refuse(plan.Problem);
        }

        if (plan.NeedsPackage)
        {
            diagnostics.Report(
                Rules.PackageMissing,
                attribute.FindLocation(compilation),
                path.MemberOrSymbol,
                path.ToString(),
                attribute.Formatter.ToDisplayString());
            return null;
        }

        if (_open.Count >= MaxDepth || !_open.Add(type))
        {
            return Refuse($"it needs a formatter of '{display}' itself");
        }

        List<ValueModel?> content = plan.Content.Select(c => types.Parse(c, path)).ToList();
        _open.Remove(type);
        if (content.Contains(null))
        {
            return null;
        }

        // What a surrogate is sent as is that type on the wire. What a formatter writes is known only by its name.
        string wire = attribute.IsSurrogate ? content[0]!.Wire : WireTypes.OfFormatter(Names.OfType(attribute.Formatter));
        return new ValueModel(
            plan.HandlesNull ? Names.OfAnnotatedType(type) : Names.OfType(type),
            plan.Create(content!),
            null,
            true,
            false,
            plan.HandlesNull ? WireType.ToNullable(wire) : wire);

        ValueModel? Refuse(string problem)
        {
            diagnostics.Report(
                Rules.FormatterMismatch,
                attribute.FindLocation(compilation),
                path.MemberOrSymbol,
                attribute.Formatter.ToDisplayString(),
                display,
                problem);
            return null;
        }
    }

    /// <summary>
    /// Begins the parsing of a type with a generated formatter, which may contain types whose formatters are being created. Returns what
    /// <see cref="Leave"/> takes.
    /// </summary>
    public HashSet<ITypeSymbol> Enter()
    {
        HashSet<ITypeSymbol> outer = _open;
        _open = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        return outer;
    }

    /// <summary>Ends the parsing of a type with a generated formatter.</summary>
    public void Leave(HashSet<ITypeSymbol> outer) => _open = outer;

    private static IReadOnlyList<FormatterAttribute> OfType(ITypeSymbol type) =>
        type is INamedTypeSymbol { SpecialType: SpecialType.None, IsTupleType: false, TypeKind: not TypeKind.Error } named
            && !PlatformTypes.Contains(named)
            ? FormatterAttribute.Of(named)
            : [];

    private static bool IsNamed(ITypeSymbol named, ITypeSymbol type) =>
        SymbolEqualityComparer.Default.Equals(named, type)
        || (named is INamedTypeSymbol { IsUnboundGenericType: true }
            && SymbolEqualityComparer.Default.Equals(named.OriginalDefinition, type.OriginalDefinition));

    private static IReadOnlyList<FormatterAttribute> Distinct(IReadOnlyList<FormatterAttribute> attributes)
    {
        if (attributes.Count <= 1)
        {
            return attributes;
        }

        var distinct = new List<FormatterAttribute>();
        foreach (FormatterAttribute attribute in attributes)
        {
            if (!distinct.Any(attribute.HasSameFormatter))
            {
                distinct.Add(attribute);
            }
        }

        return distinct;
    }

    private static string Describe(FormatterAttribute attribute) =>
        $"{attribute.Formatter.ToDisplayString()} ({attribute.Name})";
}
