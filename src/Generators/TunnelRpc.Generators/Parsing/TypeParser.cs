using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds how types travel, and every type that needs a generated formatter. One contract an object.</summary>
internal sealed class TypeParser(DiagnosticReporter diagnostics, IAssemblySymbol assembly, CancellationToken cancellationToken)
{
    private const string Formatters = "global::TunnelRpc.Serialization.Formatters.";

    private const string References = "global::TunnelRpc.References.";

    // By formatter name; null while a type is being looked at (it may be recursive), or when it cannot travel.
    private readonly Dictionary<string, TypeModel?> _types = new();

    public IEnumerable<TypeModel> Types => _types.Values.Where(t => t is not null).OrderBy(t => t!.Identifier, System.StringComparer.Ordinal)!;

    /// <summary>How a value of the type travels; null, and a problem is reported, when it cannot.</summary>
    /// <param name="type">The type, with its nullable annotation.</param>
    /// <param name="path">How it is reached, for messages; its first symbol is the place.</param>
    public ValueModel? Parse(ITypeSymbol type, TypePath path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            return Parse(nullable.TypeArguments[0], path) is { } inner
                ? new ValueModel(Names.OfAnnotatedType(type), $"new {Formatters}NullableFormatter<{inner.Type}>({inner.Formatter})", null, true, false)
                : null;
        }

        ValueModel? value = ParseNotNull(type, path);
        if (value is null || !type.IsReferenceType)
        {
            return value;
        }

        if (type.NullableAnnotation == NullableAnnotation.NotAnnotated)
        {
            return value with { IsNonNullable = true };
        }

        // Also where nullable annotations are off: null may come, so it may travel.
        string annotated = value.Type + "?";
        return value.Primitive is "String"
            ? new ValueModel(annotated, Wrap(value), "NullableString", true, false)
            : new ValueModel(annotated, Wrap(value), null, true, false);

        static string Wrap(ValueModel inner) => $"new {Formatters}NullableReferenceFormatter<{inner.Type}>({inner.Formatter})";
    }

    /// <summary>Whether generated code may use the symbol, as far as its own accessibility goes.</summary>
    public bool IsVisible(ISymbol symbol) => symbol.DeclaredAccessibility switch
    {
        Accessibility.Public => true,
        Accessibility.Internal or Accessibility.ProtectedOrInternal => SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, assembly)
            || symbol.ContainingAssembly.GivesAccessTo(assembly),
        _ => false,
    };

    private ValueModel? ParseNotNull(ITypeSymbol type, TypePath path)
    {
        string name = Names.OfType(type);
        string plain = name.Replace("global::", "");
        if (KnownTypes.Primitives.TryGetValue(plain, out string? primitive))
        {
            return new ValueModel(name, $"{Formatters}{primitive}Formatter.Instance", primitive, false, false);
        }

        if (KnownTypes.Singletons.TryGetValue(plain, out string? singleton))
        {
            return new ValueModel(name, $"{Namespace(singleton)}{singleton}.Instance", null, false, false);
        }

        switch (type)
        {
            case IArrayTypeSymbol { Rank: 1 } array:
                return ParseConstructed(name, "ArrayFormatter", new[] { array.ElementType }, path);
            case INamedTypeSymbol { TypeKind: TypeKind.Enum }:
                return new ValueModel(name, $"new {Formatters}EnumFormatter<{name}>()", null, true, false);
            case INamedTypeSymbol { IsTupleType: true } tuple when tuple.TupleElements.Length <= 7:
                return ParseConstructed(name, "ValueTupleFormatter", tuple.TupleElements.Select(e => e.Type), path);
            case INamedTypeSymbol { IsGenericType: true } tuple when tuple.ConstructedFrom.ToDisplayString().StartsWith("System.Tuple<", System.StringComparison.Ordinal) && tuple.TypeArguments.Length <= 7:
                return ParseConstructed(name, "TupleFormatter", tuple.TypeArguments, path);
            case INamedTypeSymbol { IsGenericType: true } generic when KnownTypes.Generics.TryGetValue(generic.ConstructedFrom.ToDisplayString(), out string? formatter):
                return ParseConstructed(name, formatter, generic.TypeArguments, path);
            case INamedTypeSymbol { TypeKind: TypeKind.Interface, IsGenericType: false } service when AttributeNames.Find(service, AttributeNames.TunnelService) is not null && IsAccessible(service):
                return new ValueModel(name, $"{References}ServiceReferenceFormatter<{name}>.Instance", null, false, false);
            case INamedTypeSymbol named when GetUnsupportedReason(named) is null:
                return ParseGenerated(named, name, path);
            default:
                diagnostics.Report(Rules.UnsupportedType, path.Symbol, path.ToString(), GetUnsupportedReason(type) ?? "there is no formatter for it");
                return null;
        }
    }

    private ValueModel? ParseConstructed(string name, string formatter, IEnumerable<ITypeSymbol> arguments, TypePath path)
    {
        List<ValueModel?> inner = arguments.Select(a => Parse(a, path)).ToList();
        return inner.Contains(null)
            ? null
            : new ValueModel(
                name,
                $"new {Namespace(formatter)}{formatter}<{string.Join(", ", inner.Select(i => i!.Type))}>({string.Join(", ", inner.Select(i => i!.Formatter))})",
                null,
                true,
                false);
    }

    private static string Namespace(string formatter) => KnownTypes.ByReference.Contains(formatter) ? References : Formatters;

    /// <summary>Why a type can have no generated formatter; null when it can.</summary>
    private string? GetUnsupportedReason(ITypeSymbol type)
    {
        switch (type)
        {
            case { SpecialType: SpecialType.System_Object } or { TypeKind: TypeKind.Dynamic }:
                return "it can hold anything, and no type names travel; use a union ([TunnelUnion]) of what it holds";
            case { TypeKind: TypeKind.Delegate }:
                return "it is a delegate; a callback is a contract of its own";
            case { TypeKind: TypeKind.Pointer or TypeKind.FunctionPointer } or { IsRefLikeType: true }:
                return "it refers to memory of one process";
            case { TypeKind: TypeKind.TypeParameter }:
                return "it is a type parameter";
            case IArrayTypeSymbol:
                return "it is an array of several dimensions; use an array of arrays";
            case INamedTypeSymbol named when !IsInContractAssembly(named) && (named.ContainingNamespace.ToDisplayString() + ".").StartsWith("System.", System.StringComparison.Ordinal):
                return "it is a type of the platform that has no formatter; declare a type of your own with what you need of it";
            case INamedTypeSymbol { IsStatic: true }:
                return "it is static";
            case INamedTypeSymbol { IsAbstract: true } or INamedTypeSymbol { TypeKind: TypeKind.Interface }:
                return IsUnion(type) ? null : "it is abstract; list its cases with [TunnelUnion]";
            case INamedTypeSymbol named:
                return IsAccessible(named) ? null : "it is not accessible to generated code; make it public or internal";
            default:
                return "there is no formatter for it";
        }
    }

    private bool IsInContractAssembly(INamedTypeSymbol type) => SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, assembly);

    private bool IsAccessible(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.ContainingType)
        {
            if (!IsVisible(t))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUnion(ITypeSymbol type) => AttributeNames.Has(type, AttributeNames.TunnelUnion, AttributeNames.MessagePackUnion);

    private ValueModel? ParseGenerated(INamedTypeSymbol type, string name, TypePath path)
    {
        string identifier = Names.Mangle(type) + "Formatter";
        var value = new ValueModel(name, $"global::TunnelRpc.Generated.{identifier}.Instance", null, false, false);
        if (_types.ContainsKey(identifier))
        {
            return value;
        }

        _types.Add(identifier, null);
        bool union = IsUnion(type);
        bool usesObsolete = false;
        EquatableArray<MemberModel>? members = union ? new EquatableArray<MemberModel>() : new MemberParser(this, diagnostics).Parse(type, path, out usesObsolete);
        EquatableArray<UnionCaseModel>? cases = union ? new UnionParser(this, diagnostics).Parse(type, path, out usesObsolete) : new EquatableArray<UnionCaseModel>();
        if (members is null || cases is null)
        {
            return null;
        }

        TypeEncoding encoding = union ? TypeEncoding.Union : members.Value.Any(m => m.Index is not null) ? TypeEncoding.Array : TypeEncoding.Map;
        _types[identifier] = new TypeModel(
            name, type.ToDisplayString(), Names.HintNameOf(type) + ".Formatter", identifier, type.IsReferenceType, usesObsolete, encoding, members.Value, cases.Value);
        return value;
    }
}
