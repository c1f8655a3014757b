using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0086-foreign-types.md
/// <summary>Checks whether the formatter of an attribute fits a type, and finds how generated code creates it. Stateless.</summary>
/// <param name="compilation">The compilation of the contract.</param>
/// <param name="access">Finds which symbols generated code can use.</param>
internal sealed class FormatterResolver(Compilation compilation, GeneratedCodeAccess access)
{
    private const string TunnelFormatter = "TunnelRpc.Serialization.ITunnelFormatter<T>";
    private const string PackageFormatter = "MessagePack.Formatters.IMessagePackFormatter<T>";
    private const string Bridge = "TunnelRpc.MessagePack.MessagePackFormatterBridge";
    private const string Formatters = "Formatters::";

    /// <summary>Returns how generated code gets the formatter for the values of a type.</summary>
    /// <param name="type">The type; the definition of a generic type to check an attribute without a contract.</param>
    /// <param name="attribute">The attribute.</param>
    public FormatterPlan Resolve(ITypeSymbol type, FormatterAttribute attribute)
    {
        if (type.IsRefLikeType || type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer or TypeKind.Dynamic)
        {
            return FormatterPlan.Refuse("no type argument can be of this type");
        }

        INamedTypeSymbol? formatter = Construct(type, attribute.Formatter, out string? problem);
        problem ??= GetProblem(type, formatter!);
        if (problem is not null)
        {
            return FormatterPlan.Refuse(problem);
        }

        if (attribute.IsSurrogate)
        {
            return ResolveSurrogate(type, formatter!);
        }

        string name = Names.OfType(type);
        bool isNullableValue = type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;
        bool allowsNull = isNullableValue || (type.IsReferenceType && type.NullableAnnotation != NullableAnnotation.NotAnnotated);
        bool isOwn = Implements(formatter!, TunnelFormatter, type);
        if (!isOwn && !Implements(formatter!, PackageFormatter, type))
        {
            return FormatterPlan.Refuse(DescribeInterfaces(formatter!, type));
        }

        FormatterPlan plan = attribute.Arguments.IsDefaultOrEmpty
            ? ResolveInstance(formatter!, type)
            : ResolveArguments(formatter!, attribute.Arguments);
        if (plan.Problem is not null)
        {
            return plan;
        }

        // The cast makes the expression different for each type, since a class may be the formatter of several types.
        return isOwn
            ? plan with
            {
                Create = inner => $"(Codec::ITunnelFormatter<{name}>){plan.Create(inner)}",
                HandlesNull = isNullableValue,
            }
            : plan with
            {
                Create = inner => $"new global::{Bridge}<{name}>({plan.Create(inner)}{(allowsNull ? ", allowsNull: true" : "")})",
                HandlesNull = allowsNull,
                NeedsPackage = compilation.GetTypesByMetadataName(Bridge + "`1").IsEmpty,
            };
    }

    private string? GetProblem(ITypeSymbol type, INamedTypeSymbol formatter) =>
        access.GetProblem(type) is { } ofType ? $"the type '{type.ToDisplayString()}' cannot be used: {ofType}"
        : access.GetProblem(formatter)
            ?? GenericConstraints.GetProblem(formatter, compilation)
            ?? (Obsolescence.InvolvesObsolete(formatter) ? "it is obsolete or experimental" : null);

    /// <summary>Returns the formatter with the type arguments of the type if it is open.</summary>
    private static INamedTypeSymbol? Construct(ITypeSymbol type, INamedTypeSymbol formatter, out string? problem)
    {
        problem = null;
        if (!formatter.IsUnboundGenericType)
        {
            return formatter;
        }

        if (formatter.ContainingType is { IsGenericType: true } || type is INamedTypeSymbol { ContainingType.IsGenericType: true })
        {
            problem = "a type in a generic type cannot be open; declare it outside";
            return null;
        }

        int arity = type is INamedTypeSymbol named ? named.Arity : 0;
        if (arity != formatter.Arity)
        {
            problem = $"it has {formatter.Arity} type parameters, and '{type.ToDisplayString()}' has {arity}";
            return null;
        }

        return formatter.OriginalDefinition.Construct([.. ((INamedTypeSymbol)type).TypeArguments]);
    }

    private static bool Implements(INamedTypeSymbol formatter, string contract, ITypeSymbol type) =>
        ContractsOf(formatter, contract).Any(i => SymbolEqualityComparer.Default.Equals(i.TypeArguments[0], type));

    private static IEnumerable<INamedTypeSymbol> ContractsOf(INamedTypeSymbol formatter, string contract) =>
        formatter.AllInterfaces.Where(i => i.TypeArguments.Length == 1 && i.OriginalDefinition.ToDisplayString() == contract);

    private static string DescribeInterfaces(INamedTypeSymbol formatter, ITypeSymbol type)
    {
        string expected = $"it must implement ITunnelFormatter<{type.ToDisplayString()}>";
        List<string> others = ContractsOf(formatter, TunnelFormatter).Concat(ContractsOf(formatter, PackageFormatter))
            .Select(i => i.TypeArguments[0].ToDisplayString())
            .ToList();
        return others.Count == 0 ? expected : $"{expected}, and is the formatter of '{string.Join("', '", others)}'";
    }

    /// <summary>Finds the shared instance, or the constructor that takes the most formatters and nothing else.</summary>
    private FormatterPlan ResolveInstance(INamedTypeSymbol formatter, ITypeSymbol type)
    {
        string name = Names.OfType(formatter);
        if (formatter.GetMembers("Instance").Any(m => IsInstance(m, type)))
        {
            return new FormatterPlan(null, [], _ => name + ".Instance");
        }

        if (formatter.IsAbstract || formatter.TypeKind is not (TypeKind.Class or TypeKind.Struct))
        {
            return FormatterPlan.Refuse("generated code cannot create it, since it is abstract or static");
        }

        IMethodSymbol? constructor = ConstructorsOf(formatter)
            .Where(c => c.Parameters.All(p => p.RefKind == RefKind.None && ContentOf(p) is not null))
            .OrderByDescending(c => c.Parameters.Length)
            .FirstOrDefault();
        return constructor is null
            ? FormatterPlan.Refuse(
                "it needs a public or internal constructor without parameters or with formatters (ITunnelFormatter<T>) only, "
                + "or a static member 'Instance'")
            : new FormatterPlan(
                null,
                constructor.Parameters.Select(p => ContentOf(p)!).ToList(),
                inner => $"new {name}({string.Join(", ", inner.Select(i => i.Formatter))})");
    }

    private bool IsInstance(ISymbol member, ITypeSymbol type)
    {
        ITypeSymbol? found = member switch
        {
            IFieldSymbol { IsStatic: true } field => field.Type,
            IPropertySymbol { IsStatic: true, GetMethod: { } getter } property when access.IsVisible(getter) => property.Type,
            _ => null,
        };
        return found is INamedTypeSymbol named
            && access.IsVisible(member)
            && !Obsolescence.IsObsolete(member)
            && new[] { TunnelFormatter, PackageFormatter }.Any(contract =>
                Implements(named, contract, type)
                || (named.OriginalDefinition.ToDisplayString() == contract
                    && SymbolEqualityComparer.Default.Equals(named.TypeArguments[0], type)));
    }

    private FormatterPlan ResolveArguments(INamedTypeSymbol formatter, ImmutableArray<TypedConstant> arguments)
    {
        List<string?> literals = arguments.Select(Literals.Of).ToList();
        bool isFound = !formatter.IsAbstract && !literals.Contains(null) && ConstructorsOf(formatter).Any(c =>
            c.Parameters.Length == arguments.Length
            && c.Parameters.Zip(arguments, (p, a) => p.RefKind == RefKind.None && (a.IsNull
                ? p.Type.IsReferenceType
                : a.Type is { } given && compilation.HasImplicitConversion(given, p.Type))).All(fits => fits));
        string name = Names.OfType(formatter);
        return isFound
            ? new FormatterPlan(null, [], _ => $"new {name}({string.Join(", ", literals)})")
            : FormatterPlan.Refuse("it has no public or internal constructor for the arguments of the attribute");
    }

    private IEnumerable<IMethodSymbol> ConstructorsOf(INamedTypeSymbol formatter) => formatter.InstanceConstructors.Where(c =>
        access.IsVisible(c)
        && !Obsolescence.IsObsolete(c)
        && (ConstructorChoice.SetsRequired(c)
            || !TypeMembers.SelfAndBases(formatter).SelectMany(t => t.GetMembers()).Any(TypeMembers.IsRequired)));

    /// <summary>Returns the type whose formatter the parameter takes; null if it takes something else.</summary>
    private static ITypeSymbol? ContentOf(IParameterSymbol parameter) =>
        parameter.Type is INamedTypeSymbol { TypeArguments.Length: 1 } named
            && named.OriginalDefinition.ToDisplayString() == TunnelFormatter
            ? named.TypeArguments[0]
            : null;

    private FormatterPlan ResolveSurrogate(ITypeSymbol type, INamedTypeSymbol conversion)
    {
        List<IMethodSymbol> methods = conversion.GetMembers().OfType<IMethodSymbol>()
            .Where(m => m is { IsStatic: true, IsGenericMethod: false, ReturnsVoid: false, RefKind: RefKind.None, Parameters.Length: 1 }
                && m.Parameters[0].RefKind == RefKind.None
                && access.IsVisible(m)
                && !Obsolescence.IsObsolete(m))
            .ToList();
        IMethodSymbol? to = methods.FirstOrDefault(m => m.Name == "ToSurrogate" && IsSame(m.Parameters[0].Type, type));
        IMethodSymbol? from = methods.FirstOrDefault(m =>
            m.Name == "FromSurrogate" && IsSame(m.ReturnType, type) && to is not null && IsSame(m.Parameters[0].Type, to.ReturnType));
        string display = type.ToDisplayString();
        if (from is null)
        {
            string surrogate = to?.ReturnType.ToDisplayString() ?? "TSurrogate";
            return FormatterPlan.Refuse(
                $"it needs the public or internal methods 'static {surrogate} ToSurrogate({display} value)' and "
                + $"'static {display} FromSurrogate({surrogate} value)'");
        }

        if (IsSame(to!.ReturnType, type) || to.ReturnType.IsRefLikeType)
        {
            return FormatterPlan.Refuse($"'{to.ReturnType.ToDisplayString()}' cannot be the surrogate of '{display}'");
        }

        string name = Names.OfType(conversion);
        return new FormatterPlan(
            null,
            [to.ReturnType],
            inner => $"new {Formatters}SurrogateFormatter<{Names.OfType(type)}, {inner[0].Type}>"
                + $"({name}.ToSurrogate, {name}.FromSurrogate, {inner[0].Formatter})");

        static bool IsSame(ITypeSymbol one, ITypeSymbol other) => SymbolEqualityComparer.Default.Equals(one, other);
    }
}
