using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds how the types of a contract are serialized, and the types that need a generated formatter. One instance for each contract.
/// </summary>
internal sealed class TypeParser(
    DiagnosticReporter diagnostics, Compilation compilation, IAssemblySymbol assembly, CancellationToken cancellationToken)
{
    /// <summary>The reason why a type or member with a formatter of the package MessagePack cannot be serialized.</summary>
    public const string FormatterNotSupported =
        "[MessagePackFormatter] is not supported, and other bytes would be sent than that formatter writes; remove it, or declare a type "
        + "with the members that you need";

    private const string CallbackReceiver = "MessagePack.IMessagePackSerializationCallbackReceiver";
    private const string Formatters = "global::TunnelRpc.Serialization.Formatters.";
    private const string References = "global::TunnelRpc.References.";

    private readonly MetadataFields _metadata = new(compilation);
    private readonly GeneratedCodeAccess _access = new(compilation, assembly);
    private readonly EndlessTypes _endless = new(diagnostics);

    // By formatter name. Null while a type is being parsed (it may be recursive), and if it cannot be serialized.
    private readonly Dictionary<string, TypeModel?> _types = new();

    /// <summary>The types that need a generated formatter, in ordinal order of the formatter names.</summary>
    public IEnumerable<TypeModel> Types =>
        _types.Values.Where(t => t is not null).OrderBy(t => t!.Identifier, System.StringComparer.Ordinal)!;

    /// <summary>Returns how a value of the type is serialized. Reports an error and returns null if it cannot be serialized.</summary>
    /// <param name="type">The type, with its nullable annotation.</param>
    /// <param name="path">The path from the contract to the type, for messages. Diagnostics are reported at its symbol.</param>
    public ValueModel? Parse(ITypeSymbol type, TypePath path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Steps++;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            if (Parse(nullable.TypeArguments[0], path) is not { } inner)
            {
                return null;
            }

            string formatter = $"new {Formatters}NullableFormatter<{inner.Type}>({inner.Formatter})";
            return new ValueModel(Names.OfAnnotatedType(type), formatter, null, true, false);
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

        // This includes types without nullable annotations (#nullable disable): their values may be null.
        string annotated = value.Type + "?";
        return value.Primitive is "String"
            ? new ValueModel(annotated, Wrap(value), "NullableString", true, false)
            : new ValueModel(annotated, Wrap(value), null, true, false);

        static string Wrap(ValueModel inner) => $"new {Formatters}NullableReferenceFormatter<{inner.Type}>({inner.Formatter})";
    }

    /// <summary>The number of types that were parsed, with repetitions, for tests.</summary>
    public int Steps { get; private set; }

    /// <summary>Finds which symbols generated code can use.</summary>
    public GeneratedCodeAccess Access => _access;

    /// <summary>Returns whether the assembly of the contract declares the symbol.</summary>
    public bool IsInContractAssembly(ISymbol symbol) => SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, assembly);

    private ValueModel? ParseNotNull(ITypeSymbol type, TypePath path)
    {
        string name = Names.OfType(type);
        string plain = name.Replace("global::", "");
        if (KnownTypes.Primitives.TryGetValue(plain, out string? primitive))
        {
            return new ValueModel(name, $"{Formatters}{primitive}Formatter.Instance", primitive, false, false);
        }

        bool isNamesake = PlatformTypes.IsNamesake(type);
        if (!isNamesake && KnownTypes.Singletons.TryGetValue(plain, out string? singleton))
        {
            return new ValueModel(name, $"{Namespace(singleton)}{singleton}.Instance", null, false, false);
        }

        switch (type)
        {
            case INamedTypeSymbol { IsTupleType: false } named
                when (named.IsUnboundGenericType || !IsKnownGeneric(named)) && _access.GetProblem(named) is { } problem:
                diagnostics.Report(Rules.UnsupportedType, path.Symbol, path.ToString(), problem);
                return null;
            case IArrayTypeSymbol { Rank: 1 } array:
                return ParseConstructed(name, "ArrayFormatter", new[] { array.ElementType }, path);
            case IArrayTypeSymbol { Rank: <= KnownTypes.MaxArrayRank } array:
                return ParseConstructed(name, $"Array{array.Rank}DFormatter", new[] { array.ElementType }, path);
            case INamedTypeSymbol { TypeKind: TypeKind.Enum }:
                return new ValueModel(name, $"new {Formatters}EnumFormatter<{name}>()", null, true, false);
            case INamedTypeSymbol { IsTupleType: true } tuple when tuple.TupleElements.Length <= 7:
                return ParseConstructed(name, "ValueTupleFormatter", tuple.TupleElements.Select(e => e.Type), path);
            case INamedTypeSymbol { IsTupleType: true } tuple:
                // The last type argument is the tuple of the items after the seventh.
                return ParseConstructed(name, "ValueTupleFormatter", tuple.TypeArguments, path);
            case INamedTypeSymbol tuple when IsTuple(tuple) && (tuple.TypeArguments.Length <= 7 || IsTuple(tuple.TypeArguments[7])):
                return ParseConstructed(name, "TupleFormatter", tuple.TypeArguments, path);
            case INamedTypeSymbol { IsGenericType: true } generic
                when !isNamesake && KnownTypes.Generics.TryGetValue(generic.ConstructedFrom.ToDisplayString(), out string? formatter):
                return ParseConstructed(name, formatter, generic.TypeArguments, path);
            case INamedTypeSymbol { TypeKind: TypeKind.Interface, IsGenericType: false } service
                when AttributeNames.Find(service, AttributeNames.TunnelService) is not null:
                return new ValueModel(name, $"{References}ServiceReferenceFormatter<{name}>.Instance", null, false, false);
            case INamedTypeSymbol named when GetUnsupportedReason(named) is null:
                return ParseGenerated(named, name, path);
            default:
                string reason = GetUnsupportedReason(type) ?? "there is no formatter for it";
                diagnostics.Report(Rules.UnsupportedType, path.Symbol, path.ToString(), reason);
                return null;
        }
    }

    private ValueModel? ParseConstructed(string name, string formatter, IEnumerable<ITypeSymbol> arguments, TypePath path)
    {
        List<ValueModel?> inner = arguments.Select(a => Parse(a, path)).ToList();
        if (inner.Contains(null))
        {
            return null;
        }

        string typeArguments = string.Join(", ", inner.Select(i => i!.Type));
        string formatters = string.Join(", ", inner.Select(i => i!.Formatter));
        return new ValueModel(name, $"new {Namespace(formatter)}{formatter}<{typeArguments}>({formatters})", null, true, false);
    }

    private static string Namespace(string formatter) => KnownTypes.ByReference.Contains(formatter) ? References : Formatters;

    /// <summary>Returns the reason why no formatter can be generated for a type; null if one can.</summary>
    private static string? GetUnsupportedReason(ITypeSymbol type)
    {
        switch (type)
        {
            case { SpecialType: SpecialType.System_Object } or { TypeKind: TypeKind.Dynamic }:
                return "it can contain a value of any type, and type names are never sent; "
                    + "use a union ([TunnelUnion]) of the possible types";
            case { TypeKind: TypeKind.Delegate }:
                return "it is a delegate; declare a callback contract instead";
            case { TypeKind: TypeKind.Pointer or TypeKind.FunctionPointer } or { IsRefLikeType: true }:
                return "it refers to memory of this process";
            case { TypeKind: TypeKind.TypeParameter }:
                return "it is a type parameter";
            case IArrayTypeSymbol:
                return $"it is an array of more than {KnownTypes.MaxArrayRank} dimensions; use an array of arrays";
            case INamedTypeSymbol named when PlatformTypes.Contains(named):
                return "it is a type of the .NET platform without a formatter; declare a type of your own with the members that you need";
            case INamedTypeSymbol { IsStatic: true }:
                return "it is static";
            case INamedTypeSymbol { IsAbstract: true } or INamedTypeSymbol { TypeKind: TypeKind.Interface }:
                return IsUnion(type) ? null : "it is abstract; declare its cases with [TunnelUnion]";
            case INamedTypeSymbol named when AttributeNames.Has(named, AttributeNames.MessagePackFormatter):
                return FormatterNotSupported;
            case INamedTypeSymbol named when named.AllInterfaces.Any(i => i.ToDisplayString() == CallbackReceiver):
                return "IMessagePackSerializationCallbackReceiver is not supported, and its methods would not be called";
            case INamedTypeSymbol:
                return null;
            default:
                return "there is no formatter for it";
        }
    }

    /// <summary>Whether the type has a built-in formatter that takes the formatters of its type arguments.</summary>
    private static bool IsKnownGeneric(INamedTypeSymbol type) =>
        IsTuple(type)
        || (type.IsGenericType
            && KnownTypes.Generics.ContainsKey(type.ConstructedFrom.ToDisplayString())
            && !PlatformTypes.IsNamesake(type));

    private static bool IsTuple(ITypeSymbol type) =>
        type is INamedTypeSymbol { IsGenericType: true } named
        && named.ConstructedFrom.ToDisplayString().StartsWith("System.Tuple<", System.StringComparison.Ordinal)
        && !PlatformTypes.IsNamesake(named);

    private static bool IsUnion(ITypeSymbol type) => AttributeNames.Has(type, AttributeNames.TunnelUnion, AttributeNames.MessagePackUnion);

    private ValueModel? ParseGenerated(INamedTypeSymbol type, string name, TypePath path)
    {
        string identifier = Names.Mangle(type) + "Formatter";
        var value = new ValueModel(name, $"global::TunnelRpc.Generated.{identifier}.Instance", null, false, false);
        if (_types.ContainsKey(identifier))
        {
            return value;
        }

        if (_endless.Contains(type, path))
        {
            return null;
        }

        _types.Add(identifier, null);
        bool isFirst = _endless.Enter(type);
        TypeModel? model = ParseGenerated(type, name, identifier, path);
        if (isFirst)
        {
            _endless.Leave(type);
        }

        _types[identifier] = model;
        return model is null ? null : value;
    }

    private TypeModel? ParseGenerated(INamedTypeSymbol type, string name, string identifier, TypePath path)
    {
        bool union = IsUnion(type);
        bool usesObsolete = false;
        EquatableArray<MemberModel>? members = union
            ? new EquatableArray<MemberModel>()
            : new MemberParser(this, diagnostics, _metadata).Parse(type, path, out usesObsolete);
        EquatableArray<UnionCaseModel>? cases = union
            ? new UnionParser(this, diagnostics).Parse(type, path, out usesObsolete)
            : new EquatableArray<UnionCaseModel>();
        if (members is null || cases is null)
        {
            return null;
        }

        TypeEncoding encoding = union ? TypeEncoding.Union
            : members.Value.Any(m => m.Index is not null) ? TypeEncoding.Array
            : TypeEncoding.Map;
        return new TypeModel(
            name,
            type.ToDisplayString(),
            Names.HintNameOf(type) + ".Formatter",
            identifier,
            type.IsReferenceType,
            type.IsReferenceType && !type.IsSealed && !union,
            usesObsolete,
            encoding,
            members.Value,
            cases.Value);
    }
}
