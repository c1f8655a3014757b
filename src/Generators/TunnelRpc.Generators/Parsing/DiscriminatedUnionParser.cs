using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds the cases of a discriminated union of F#. The compiler of F# marks the union, the members that create its cases and their fields
/// with an attribute, by which it recognizes them in other assemblies, too.
/// </summary>
internal sealed class DiscriminatedUnionParser(TypeParser types, DiagnosticReporter diagnostics)
{
    private const string MappingAttribute = "Microsoft.FSharp.Core.CompilationMappingAttribute";

    // The values of SourceConstructFlags.
    private const int SumType = 1;
    private const int Field = 4;
    private const int UnionCase = 8;

    /// <summary>Returns whether the type is a discriminated union whose cases other assemblies see.</summary>
    public static bool IsUnion(ITypeSymbol type) => MappingOf(type) is { Kind: SumType };

    /// <summary>Returns the cases. Reports the errors and returns null if the union cannot be serialized.</summary>
    public EquatableArray<DiscriminatedCaseModel>? Parse(INamedTypeSymbol type, TypePath path)
    {
        var cases = new List<DiscriminatedCaseModel>();
        bool failed = false;
        foreach (ISymbol member in type.GetMembers().Where(m => m.IsStatic && types.Access.IsVisible(m)))
        {
            if (CaseMappingOf(member) is not { Kind: UnionCase, First: int tag })
            {
                continue;
            }

            bool isProperty = member is IPropertySymbol;
            string name = isProperty ? member.Name : member.Name.Substring("New".Length);
            INamedTypeSymbol fieldType = type.GetTypeMembers(name).FirstOrDefault(t => t.Arity == 0) ?? type;
            if (ParseFields(fieldType, tag, path, name) is { } fields && fields.Count == ParametersOf(member))
            {
                cases.Add(new DiscriminatedCaseModel(
                    tag,
                    Names.OfType(fieldType),
                    $"{Names.OfType(type)}.{Names.Escape(member.Name)}",
                    isProperty,
                    new EquatableArray<DiscriminatedFieldModel>(fields)));
            }
            else
            {
                failed = true;
            }
        }

        bool hasTag = type.GetMembers("Tag").Any(m => m is IPropertySymbol { IsStatic: false } && types.Access.IsVisible(m));
        if (!failed && cases.Count > 0 && hasTag)
        {
            return new EquatableArray<DiscriminatedCaseModel>(cases.OrderBy(c => c.Tag));
        }

        if (!diagnostics.HasErrors)
        {
            diagnostics.Report(
                Rules.UnsupportedType,
                path.MemberOrSymbol,
                path.ToString(),
                $"{type.ToDisplayString()} is a discriminated union of F# whose cases are not accessible");
        }

        return null;
    }

    private List<DiscriminatedFieldModel>? ParseFields(INamedTypeSymbol type, int tag, TypePath path, string caseName)
    {
        var fields = new List<DiscriminatedFieldModel>();
        IEnumerable<IPropertySymbol> properties = type.GetMembers().OfType<IPropertySymbol>()
            .Where(p => MappingOf(p) is { Kind: Field, First: int variant } && variant == tag)
            .OrderBy(p => MappingOf(p)!.Value.Second);
        foreach (IPropertySymbol property in properties)
        {
            if (types.Parse(property.Type, path.Append($"{caseName}.{property.Name}")) is not { } value)
            {
                return null;
            }

            fields.Add(new DiscriminatedFieldModel(Names.Escape(property.Name), $"{type.ToDisplayString()}.{property.Name}", value));
        }

        return fields;
    }

    private static int ParametersOf(ISymbol member) => member is IMethodSymbol method ? method.Parameters.Length : 0;

    /// <summary>Returns the mapping of a member that creates a case. That of a property may be on its getter.</summary>
    private static Mapping? CaseMappingOf(ISymbol member) => member switch
    {
        IMethodSymbol { MethodKind: MethodKind.Ordinary } => MappingOf(member),
        IPropertySymbol { GetMethod: { } getter } => MappingOf(member) ?? MappingOf(getter),
        _ => null,
    };

    /// <summary>Returns the arguments of the attribute; null if there is none.</summary>
    private static Mapping? MappingOf(ISymbol symbol)
    {
        List<int>? numbers = AttributeNames.Find(symbol, MappingAttribute)?.ConstructorArguments.Select(a => a.Value as int? ?? 0).ToList();
        return numbers is null or { Count: 0 }
            ? null
            : new Mapping(numbers[0], numbers.ElementAtOrDefault(1), numbers.ElementAtOrDefault(2));
    }

    /// <summary>The arguments of the attribute.</summary>
    /// <param name="Kind">What the symbol is: one of SourceConstructFlags.</param>
    /// <param name="First">The tag of a case; that of the case to which a field belongs.</param>
    /// <param name="Second">The position of a field in its case.</param>
    private readonly record struct Mapping(int Kind, int First, int Second);
}
