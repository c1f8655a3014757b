using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0077-state-that-does-not-travel.md
/// <summary>
/// Finds the state of a type that no serialized member carries: instance fields, also private ones, those of base classes, the backing
/// fields of properties, and captured parameters of primary constructors. A member that is excluded by an attribute counts as carried,
/// since its loss is intended.
/// </summary>
/// <param name="type">The type.</param>
/// <param name="members">Its members.</param>
/// <param name="serialized">The members that are serialized.</param>
/// <param name="metadata">The fields of types in other assemblies.</param>
/// <param name="constructor">The constructor that creates a received object.</param>
internal sealed class StateParser(
    INamedTypeSymbol type,
    TypeMembers members,
    ICollection<ISymbol> serialized,
    MetadataFields metadata,
    IMethodSymbol constructor)
{
    public const string Lock = "System.Threading.Lock";

    /// <summary>The base classes of the .NET platform that have no state which an application sets.</summary>
    private static readonly HashSet<string> StatelessBases = ["System.Attribute", "System.EventArgs", "System.MarshalByRefObject"];

    private readonly List<ISymbol> _carriers = [.. serialized.Concat(members.Ignored)];
    private readonly AccessorCode _code = new();

    /// <summary>Returns the members and fields whose values would be lost, those of the base class first.</summary>
    public IReadOnlyList<LostState> FindLost() =>
    [
        .. TypeMembers.SelfAndBases(type).Reverse().SelectMany(t =>
            PlatformTypes.Contains(t)
                ? FindLostInPlatform(t)
                : t.DeclaringSyntaxReferences.Length > 0 ? FindLostInSource(t) : FindLostInMetadata(t)),
    ];

    private IEnumerable<LostState> FindLostInPlatform(INamedTypeSymbol declaring) =>
        StatelessBases.Contains(declaring.ToDisplayString())
            ? []
            : [new LostState(type, $"the state of its base class {declaring.ToDisplayString()}")];

    private IEnumerable<LostState> FindLostInSource(INamedTypeSymbol declaring)
    {
        foreach (IFieldSymbol field in declaring.GetMembers().OfType<IFieldSymbol>().Where(f => !f.IsStatic && !f.IsConst))
        {
            switch (field.AssociatedSymbol)
            {
                case IPropertySymbol property when !IsCarried(property):
                    yield return new LostState(property, property.Name);
                    break;
                case null when !field.IsImplicitlyDeclared && !IsCarried(field):
                    yield return new LostState(field, field.Name);
                    break;
            }
        }

        bool markedOnly = AttributeNames.IsOptIn(declaring);
        foreach (IParameterSymbol parameter in CapturedParameters.Of(declaring).Where(p => !markedOnly && !IsCarried(p)))
        {
            yield return new LostState(parameter, $"the parameter {parameter.Name} of its primary constructor");
        }
    }

    private IEnumerable<LostState> FindLostInMetadata(INamedTypeSymbol declaring)
    {
        if (metadata.Get(declaring) is not { } fields)
        {
            // A reference assembly has no private fields: a property without a setter may be computed, or may return one of them.
            return declaring.GetMembers().OfType<IPropertySymbol>()
                .Where(p => members.Serialized.Contains(p, SymbolEqualityComparer.Default) && !IsCarried(p))
                .Select(p => new LostState(p, p.Name));
        }

        bool markedOnly = AttributeNames.IsOptIn(declaring);
        return fields
            .Where(f => (!markedOnly || f.Attributes.Any(a => AttributeNames.Keys.Contains(a) || AttributeNames.ForeignKeys.Contains(a)))
                && !AttributeNames.IgnoresBeside(f.Attributes.Contains).Any(f.Attributes.Contains)
                && !IsCarriedInMetadata(declaring, f))
            .Select(f => FindMember(declaring, f) is { } member ? new LostState(member, member.Name) : new LostState(declaring, f.Name));
    }

    /// <summary>
    /// Returns the fields of which serialized properties return only some members, as <c>=> _state.Name</c>. The others would be lost.
    /// </summary>
    public IEnumerable<IFieldSymbol> FindPartlyCarried() =>
        TypeMembers.SelfAndBases(type)
            .Where(t => t.DeclaringSyntaxReferences.Length > 0)
            .SelectMany(t => t.GetMembers().OfType<IFieldSymbol>())
            .Where(f => f is { IsStatic: false, IsImplicitlyDeclared: false, Type: INamedTypeSymbol fieldType }
                && !_carriers.Contains(f, SymbolEqualityComparer.Default)
                && !members.Ignored.OfType<IPropertySymbol>().Any(p => IsExcludedWith(p, f, f.Name))
                && !PlatformTypes.Contains(fieldType)
                && AccessorCode.FindReturnedMembers(serialized.OfType<IPropertySymbol>().Where(p => _code.Reads(p, f)), f.Name) is { } names
                && TypeMembers.Of(fieldType).Serialized.Any(m => !names.Contains(m.Name) && HasValue(m)));

    /// <summary>Whether a member has a value of its own, as far as its declaration shows.</summary>
    private static bool HasValue(ISymbol member) =>
        TypeMembers.IsSettable(member)
        || member is IFieldSymbol
        || member.ContainingType.GetMembers().OfType<IFieldSymbol>()
            .Any(f => SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, member));

    private bool IsCarried(IPropertySymbol property) =>
        _carriers.Contains(property, SymbolEqualityComparer.Default)
        || _carriers.OfType<IPropertySymbol>().Any(c => Overrides(c, property));

    private bool IsCarried(IFieldSymbol field) =>
        _carriers.Contains(field, SymbolEqualityComparer.Default)
        || IsLock(field)
        || serialized.OfType<IPropertySymbol>().Any(p => _code.Reads(p, field))
        || members.Ignored.OfType<IPropertySymbol>().Any(p => IsExcludedWith(p, field, field.Name));

    private bool IsCarried(IParameterSymbol parameter) =>
        serialized.OfType<IPropertySymbol>().Any(p => _code.Reads(p, parameter))
        || members.Ignored.OfType<IPropertySymbol>().Any(p => IsExcludedWith(p, parameter, parameter.Name))
        || IsRestored(parameter);

    /// <summary>
    /// Whether the constructor that creates a received object gets the value of a member for the parameter, and no code changes the
    /// parameter. For a base class, the derived class is taken to pass the value on.
    /// </summary>
    private bool IsRestored(IParameterSymbol parameter) =>
        (SymbolEqualityComparer.Default.Equals(parameter.ContainingSymbol, constructor)
            || !SymbolEqualityComparer.Default.Equals(parameter.ContainingType, type))
        && serialized.Any(m => TypeMembers.Matches(parameter, m))
        && !CapturedParameters.IsChanged(parameter);

    /// <summary>
    /// Whether the exclusion of a property is also that of a field or parameter: the property has its name or returns it. An excluded
    /// property that is computed from a field says nothing about the field.
    /// </summary>
    private static bool IsExcludedWith(IPropertySymbol property, ISymbol state, string name) =>
        SymbolEqualityComparer.Default.Equals(property.ContainingType, state.ContainingType)
        && (HasNameOf(property, name) || AccessorCode.Returns(property, name));

    /// <summary>The code of other assemblies is not known, so a field belongs to the member whose name it has.</summary>
    private bool IsCarriedInMetadata(INamedTypeSymbol declaring, MetadataField field) => FindMember(declaring, field) switch
    {
        IPropertySymbol property => IsCarried(property),
        { } member => _carriers.Contains(member, SymbolEqualityComparer.Default),
        null => _carriers.Any(c =>
            HasNameOf(c, field) && (!field.IsPrivate || SymbolEqualityComparer.Default.Equals(c.ContainingType, declaring))),
    };

    private static ISymbol? FindMember(INamedTypeSymbol type, MetadataField field) =>
        type.GetMembers().FirstOrDefault(m => m is IPropertySymbol or IFieldSymbol && HasNameOf(m, field));

    private static bool Overrides(IPropertySymbol property, IPropertySymbol overridden)
    {
        for (IPropertySymbol? p = property.OverriddenProperty; p is not null; p = p.OverriddenProperty)
        {
            if (SymbolEqualityComparer.Default.Equals(p, overridden))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the field is a lock: it holds no value.</summary>
    private static bool IsLock(IFieldSymbol field) =>
        field.Type.HasName(Lock)
        || (field is { IsReadOnly: true, Type.SpecialType: SpecialType.System_Object }
            && field.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<VariableDeclaratorSyntax>().Any(d =>
                d.Initializer?.Value is ImplicitObjectCreationExpressionSyntax
                    or ObjectCreationExpressionSyntax { Type: PredefinedTypeSyntax }));

    private static bool HasNameOf(ISymbol member, MetadataField field) =>
        field.IsGenerated
            ? string.Equals(member.Name, field.Name, StringComparison.OrdinalIgnoreCase)
            : HasNameOf(member, field.Name);

    /// <summary>
    /// Whether a field has the name of a member: _name, m_name, name_, and Name@ of F#, have the name of the member Name.
    /// </summary>
    private static bool HasNameOf(ISymbol member, string field)
    {
        string name = field.StartsWith("m_", StringComparison.Ordinal) ? field.Substring(2) : field.Trim('_', '@');
        return string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>State that would be lost.</summary>
/// <param name="Symbol">The property or field, or the type that has it where it has no symbol.</param>
/// <param name="Name">The name for messages.</param>
internal readonly record struct LostState(ISymbol Symbol, string Name);
