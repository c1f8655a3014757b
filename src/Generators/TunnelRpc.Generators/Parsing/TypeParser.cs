using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>
/// Finds how the types of a contract are serialized, and the types that need a generated formatter. One instance for each contract.
/// </summary>
internal sealed class TypeParser
{
    private const string FormatterNamespace = "Formatters::";
    private const string ReferenceNamespace = "References::";

    private const string CancellationToken = "System.Threading.CancellationToken";

    private readonly DiagnosticReporter _diagnostics;
    private readonly IAssemblySymbol _assembly;
    private readonly CancellationToken _cancellationToken;
    private readonly MetadataFields _metadata;
    private readonly GeneratedCodeAccess _access;
    private readonly EndlessTypes _endless;

    // By formatter name. Null while a type is being parsed (it may be recursive), and if it cannot be serialized.
    private readonly Dictionary<string, TypeModel?> _types = new();

    // By name.
    private readonly Dictionary<string, EnumModel> _enums = new();

    public TypeParser(
        DiagnosticReporter diagnostics, Compilation compilation, IAssemblySymbol assembly, CancellationToken cancellationToken)
    {
        _diagnostics = diagnostics;
        _assembly = assembly;
        _cancellationToken = cancellationToken;
        _metadata = new MetadataFields(compilation);
        _access = new GeneratedCodeAccess(compilation, assembly);
        _endless = new EndlessTypes(diagnostics);
        Formatters = new FormatterParser(this, diagnostics, compilation, _access);
    }

    /// <summary>The types that need a generated formatter, in ordinal order of the formatter names.</summary>
    public IEnumerable<TypeModel> Types =>
        _types.Values.Where(t => t is not null).OrderBy(t => t!.Identifier, System.StringComparer.Ordinal)!;

    /// <summary>The enums, in ordinal order of their names.</summary>
    public IEnumerable<EnumModel> Enums => _enums.Values.OrderBy(e => e.Name, System.StringComparer.Ordinal);

    /// <summary>Returns how a value of the type is serialized. Reports an error and returns null if it cannot be serialized.</summary>
    /// <param name="type">The type, with its nullable annotation.</param>
    /// <param name="path">The path from the contract to the type, for messages. Diagnostics are reported at its end.</param>
    public ValueModel? Parse(ITypeSymbol type, TypePath path) => Parse(type, path, []);

    /// <summary>
    /// Returns how a value at a place is serialized. Reports an error and returns null if it cannot be serialized.
    /// </summary>
    /// <param name="type">The type, with its nullable annotation.</param>
    /// <param name="path">The path from the contract to the type, for messages. Diagnostics are reported at its end.</param>
    /// <param name="formatters">The attributes of the place that name a formatter.</param>
    public ValueModel? Parse(ITypeSymbol type, TypePath path, IReadOnlyList<FormatterAttribute> formatters)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        Steps++;
        Sources.Add(type);
        bool isNullableValue = type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;
        if (formatters.Count == 0 && !isNullableValue)
        {
            formatters = Formatters.Find(type);
        }

        if (formatters.Count > 0 && Formatters.HandlesNull(type, formatters))
        {
            return Formatters.Parse(type, formatters, path);
        }

        if (formatters.Count == 0 && FSharpTypes.IsOption(type))
        {
            return ParseOption((INamedTypeSymbol)type, path);
        }

        if (type is INamedTypeSymbol nullable && isNullableValue)
        {
            if (Parse(nullable.TypeArguments[0], path, formatters) is not { } inner)
            {
                return null;
            }

            string formatter = $"new {FormatterNamespace}NullableFormatter<{inner.Type}>({inner.Formatter})";
            return new ValueModel(Names.OfAnnotatedType(type), formatter, null, true, false, WireType.ToNullable(inner.Wire));
        }

        ValueModel? value = formatters.Count > 0 ? Formatters.Parse(type, formatters, path) : ParseNotNull(type, path);
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
        string? primitive = value.Primitive is "String" ? "NullableString" : null;
        return new ValueModel(annotated, Wrap(value), primitive, true, false, WireType.ToNullable(value.Wire));

        static string Wrap(ValueModel inner) => $"new {FormatterNamespace}NullableReferenceFormatter<{inner.Type}>({inner.Formatter})";
    }

    /// <summary>The number of types that were parsed, with repetitions, for tests.</summary>
    public int Steps { get; private set; }

    /// <summary>The source files of the types.</summary>
    public SourceFiles Sources { get; } = new();

    /// <summary>Finds the formatters that attributes name.</summary>
    public FormatterParser Formatters { get; }

    /// <summary>Finds which symbols generated code can use.</summary>
    public GeneratedCodeAccess Access => _access;

    /// <summary>Returns whether the assembly of the contract declares the symbol.</summary>
    public bool IsInContractAssembly(ISymbol symbol) => SymbolEqualityComparer.Default.Equals(symbol.ContainingAssembly, _assembly);

    private ValueModel? ParseNotNull(ITypeSymbol type, TypePath path)
    {
        string name = Names.OfType(type);
        string plain = name.Replace("global::", "");
        if (KnownTypes.Primitives.TryGetValue(plain, out string? primitive))
        {
            return new ValueModel(
                name, $"{FormatterNamespace}{primitive}Formatter.Instance", primitive, false, false, WireTypes.OfScalar(primitive));
        }

        bool isNamesake = PlatformTypes.IsNamesake(type);
        if (!isNamesake && KnownTypes.Singletons.TryGetValue(plain, out string? singleton))
        {
            return new ValueModel(
                name, $"{Namespace(singleton)}{singleton}.Instance", null, false, false, WireTypes.OfScalar(singleton));
        }

        switch (type)
        {
            case INamedTypeSymbol { IsTupleType: false } named
                when (named.IsUnboundGenericType || !IsKnownGeneric(named)) && _access.GetProblem(named) is { } problem:
                ReportUnsupported(path, problem);
                return null;
            case INamedTypeSymbol when plain == CancellationToken && !isNamesake:
                _diagnostics.ReportExcludable(
                    Rules.MisplacedCancellationToken,
                    path.MemberOrSymbol,
                    path.ExcludableMember,
                    path.ToString(),
                    "declare one" + path.ExclusionText);
                return null;
            case IArrayTypeSymbol { Rank: 1 } array:
                return ParseConstructed(name, "ArrayFormatter", new[] { array.ElementType }, path);
            case IArrayTypeSymbol { Rank: <= KnownTypes.MaxArrayRank } array:
                return ParseConstructed(name, $"Array{array.Rank}DFormatter", new[] { array.ElementType }, path);
            case INamedTypeSymbol { TypeKind: TypeKind.Enum } numbers:
                return new ValueModel(name, $"new {FormatterNamespace}EnumFormatter<{name}>()", null, true, false, AddEnum(numbers, name));
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
            case INamedTypeSymbol collection when FSharpTypes.IsCollection(collection):
                ValueModel?[] arguments = [.. collection.TypeArguments.Select(a => Parse(a, path))];
                return arguments.Contains(null) ? null : FSharpTypes.CreateCollection(collection, arguments!);
            case INamedTypeSymbol { TypeKind: TypeKind.Interface, IsGenericType: false } service
                when AttributeNames.Find(service, AttributeNames.TunnelService) is not null:
                return new ValueModel(
                    name,
                    $"{ReferenceNamespace}ServiceReferenceFormatter<{name}>.Instance",
                    null,
                    false,
                    false,
                    WireTypes.OfReference(WireNames.OfService(service)));
            case INamedTypeSymbol named when GetUnsupportedReason(named) is null:
                return ParseGenerated(named, name, path);
            default:
                ReportUnsupported(path, GetUnsupportedReason(type) ?? "there is no formatter for it");
                return null;
        }
    }

    private void ReportUnsupported(TypePath path, string reason) => _diagnostics.ReportExcludable(
        Rules.UnsupportedType, path.MemberOrSymbol, path.ExcludableMember, path.ToString(), reason + path.ExclusionText);

    private ValueModel? ParseConstructed(string name, string formatter, IEnumerable<ITypeSymbol> arguments, TypePath path)
    {
        List<ValueModel?> inner = arguments.Select(a => Parse(a, path)).ToList();
        if (inner.Contains(null))
        {
            return null;
        }

        string typeArguments = string.Join(", ", inner.Select(i => i!.Type));
        string formatters = string.Join(", ", inner.Select(i => i!.Formatter));
        string wire = WireTypes.OfConstructed(formatter, inner.Select(i => i!.Wire));
        return new ValueModel(name, $"new {Namespace(formatter)}{formatter}<{typeArguments}>({formatters})", null, true, false, wire);
    }

    private string AddEnum(INamedTypeSymbol type, string name)
    {
        string wire = WireType.NameOf(name);
        if (!_enums.ContainsKey(wire))
        {
            string underlying = KnownTypes.Primitives[type.EnumUnderlyingType!.ToDisplayString()];
            _enums.Add(wire, new EnumModel(wire, WireTypes.OfScalar(underlying), new EquatableArray<EnumValueModel>(
                type.GetMembers().OfType<IFieldSymbol>()
                    .Where(f => f.HasConstantValue)
                    .Select(f => new EnumValueModel(
                        f.Name, System.Convert.ToString(f.ConstantValue, System.Globalization.CultureInfo.InvariantCulture)!)))));
        }

        return wire;
    }

    /// <summary>Parses an option of F#. None is nil, so its value must be one that is never nil.</summary>
    private ValueModel? ParseOption(INamedTypeSymbol option, TypePath path)
    {
        // Without nullable annotations, a value of F# is not null.
        ITypeSymbol value = option.TypeArguments[0];
        ITypeSymbol notNull = value is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.None }
            ? value.WithNullableAnnotation(NullableAnnotation.NotAnnotated)
            : value;
        if (FSharpTypes.IsOption(value)
            || value.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T
            || notNull is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated })
        {
            string reason = $"it is an option of '{value.ToDisplayString()}', which can be null or None itself, and both are nil";
            _diagnostics.Report(Rules.UnsupportedType, path.MemberOrSymbol, path.ToString(), reason);
            return null;
        }

        return Parse(notNull, path) is { } model ? FSharpTypes.CreateOption(option, model) : null;
    }

    private static string Namespace(string formatter) =>
        KnownTypes.ByReference.Contains(formatter) ? ReferenceNamespace : FormatterNamespace;

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
                return "it refers to memory of this process; use an array, or Memory<T>";
            case { TypeKind: TypeKind.TypeParameter }:
                return "it is a type parameter; use a type that is known when the contract is compiled";
            case IArrayTypeSymbol:
                return $"it is an array of more than {KnownTypes.MaxArrayRank} dimensions; use an array of arrays";
            case INamedTypeSymbol named when PlatformTypes.Contains(named):
                return "it is a type of the .NET platform without a formatter; name a formatter or a surrogate ([TunnelFormatter], "
                    + "[TunnelSurrogate]), or declare a type of your own with the members that you need";
            case INamedTypeSymbol { IsStatic: true }:
                return "it is static; use a type that has instances";
            case INamedTypeSymbol { IsAbstract: true } or INamedTypeSymbol { TypeKind: TypeKind.Interface }:
                return IsUnion(type) || DiscriminatedUnionParser.IsUnion(type)
                    ? null
                    : "it is abstract; declare its cases with [TunnelUnion]";
            case INamedTypeSymbol named when AttributeNames.Has(named, AttributeNames.InlineArray):
                return "it is an inline array, and only its first element is a member; use an array";
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
        var value = new ValueModel(name, $"{identifier}.Instance", null, false, false, WireType.NameOf(name));
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
        HashSet<ITypeSymbol> open = Formatters.Enter();
        TypeModel? model = ParseGenerated(type, name, identifier, path);
        Formatters.Leave(open);
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
        bool discriminated = !union && DiscriminatedUnionParser.IsUnion(type);
        bool usesObsolete = Obsolescence.InvolvesObsolete(type);
        bool mayThrow = false;
        EquatableArray<MemberModel>? members = union || discriminated
            ? new EquatableArray<MemberModel>()
            : new MemberParser(this, _diagnostics, _metadata).Parse(type, path, out usesObsolete, out mayThrow);
        EquatableArray<UnionCaseModel>? cases = union
            ? new UnionParser(this, _diagnostics).Parse(type, path, out usesObsolete)
            : new EquatableArray<UnionCaseModel>();
        EquatableArray<DiscriminatedCaseModel>? discriminatedCases = discriminated
            ? new DiscriminatedUnionParser(this, _diagnostics).Parse(type, path)
            : new EquatableArray<DiscriminatedCaseModel>();
        if (members is null || cases is null || discriminatedCases is null)
        {
            return null;
        }

        TypeEncoding encoding = union ? TypeEncoding.Union
            : discriminated ? TypeEncoding.DiscriminatedUnion
            : members.Value.Any(m => m.Index is not null) ? TypeEncoding.Array
            : TypeEncoding.Map;
        return new TypeModel(
            name,
            type.ToDisplayString(),
            Names.HintNameOf(type) + ".Formatter",
            identifier,
            type.IsReferenceType,
            type.IsReferenceType && !type.IsSealed && !union && !discriminated,
            !union && type.AllInterfaces.Any(i => i.ToDisplayString() == AttributeNames.CallbackReceiver),
            mayThrow,
            usesObsolete,
            encoding,
            members.Value,
            cases.Value,
            discriminatedCases.Value);
    }
}
