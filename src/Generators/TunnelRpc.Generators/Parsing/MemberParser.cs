using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds the members of a type that travel, their keys, and how they are set.</summary>
internal sealed class MemberParser(TypeParser types, Problems problems)
{
    private const int MaxKey = 1023;

    /// <summary>The members; null, and problems are reported, when the type cannot travel.</summary>
    public EquatableArray<MemberModel>? Parse(INamedTypeSymbol type, TypePath path)
    {
        List<ISymbol> candidates = Candidates(type);
        if (FindConstructor(type, candidates) is not { } constructor)
        {
            problems.Report(
                Rules.NoFormatter,
                path.Place,
                path.ToString(),
                $"{type.ToDisplayString()} has no accessible constructor whose parameters are all members of the same names and types");
            return null;
        }

        var found = new List<(MemberModel Member, int Order)>();
        bool failed = false;
        foreach (ISymbol candidate in candidates)
        {
            IParameterSymbol? parameter = constructor.Parameters.FirstOrDefault(p => Matches(p, candidate));
            if (parameter is null && !IsSettable(candidate))
            {
                // Computed from the others.
                continue;
            }

            (int? index, string key) = KeyOf(candidate, parameter);
            if (types.Parse(TypeOf(candidate), path.To(candidate.Name)) is not { } value)
            {
                failed = true;
                continue;
            }

            MemberSetting setting = parameter is not null ? MemberSetting.Constructor
                : IsRequired(candidate) ? MemberSetting.Required
                : candidate is IPropertySymbol { SetMethod.IsInitOnly: true } ? MemberSetting.Initializer
                : MemberSetting.Assignment;
            found.Add((
                new MemberModel(Names.Escape(candidate.Name), $"{type.ToDisplayString()}.{candidate.Name}", key, index, setting, parameter is null ? null : Literals.DefaultOf(parameter), value),
                parameter?.Ordinal ?? int.MaxValue));
        }

        return failed || !CheckKeys(type, path, found.Select(f => f.Member).ToList())
            ? null
            : new EquatableArray<MemberModel>(found.OrderBy(f => f.Order).Select(f => f.Member));
    }

    private static List<ISymbol> Candidates(INamedTypeSymbol type)
    {
        var members = new List<ISymbol>();
        var chain = new Stack<INamedTypeSymbol>();
        for (INamedTypeSymbol? t = type; t is not null && t.SpecialType is not (SpecialType.System_Object or SpecialType.System_ValueType); t = t.BaseType)
        {
            chain.Push(t);
        }

        bool keyedOnly = AttributeNames.Find(type, AttributeNames.MessagePackObject) is { } attribute
            && !attribute.ConstructorArguments.Any(a => a.Value is true);
        foreach (ISymbol member in chain.SelectMany(t => t.GetMembers()))
        {
            bool travels = member switch
            {
                IPropertySymbol { IsStatic: false, IsIndexer: false, GetMethod.DeclaredAccessibility: Accessibility.Public, DeclaredAccessibility: Accessibility.Public } => true,
                IFieldSymbol { IsStatic: false, IsConst: false, IsImplicitlyDeclared: false, DeclaredAccessibility: Accessibility.Public } => true,
                _ => false,
            };
            if (!travels
                || AttributeNames.Has(member, AttributeNames.TunnelIgnore, AttributeNames.MessagePackIgnore, AttributeNames.IgnoreDataMember)
                || (keyedOnly && !AttributeNames.Has(member, AttributeNames.MessagePackKey, AttributeNames.TunnelMember, AttributeNames.DataMember)))
            {
                continue;
            }

            // An override stands for what it overrides.
            members.RemoveAll(m => m.Name == member.Name);
            members.Add(member);
        }

        return members;
    }

    private IMethodSymbol? FindConstructor(INamedTypeSymbol type, List<ISymbol> members) => type.InstanceConstructors
        .Where(types.IsVisible)
        .Where(c => c.Parameters.All(p => members.Any(m => Matches(p, m) && (!IsRequired(m) || SetsRequired(c)))))
        .OrderByDescending(c => c.Parameters.Length)
        .FirstOrDefault();

    private static bool Matches(IParameterSymbol parameter, ISymbol member) =>
        string.Equals(parameter.Name, member.Name, StringComparison.OrdinalIgnoreCase)
        && SymbolEqualityComparer.Default.Equals(parameter.Type, TypeOf(member));

    private static bool IsRequired(ISymbol member) => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    private static bool SetsRequired(IMethodSymbol constructor) => AttributeNames.Has(constructor, AttributeNames.SetsRequiredMembers);

    private static bool IsSettable(ISymbol member) => member switch
    {
        IPropertySymbol { SetMethod.DeclaredAccessibility: Accessibility.Public } => true,
        IFieldSymbol { IsReadOnly: false } => true,
        _ => false,
    };

    private static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

    private static (int? Index, string Key) KeyOf(ISymbol member, IParameterSymbol? parameter)
    {
        AttributeData? key = AttributeNames.Find(member, AttributeNames.TunnelMember)
            ?? (parameter is null ? null : AttributeNames.Find(parameter, AttributeNames.TunnelMember))
            ?? AttributeNames.Find(member, AttributeNames.MessagePackKey)
            ?? (parameter is null ? null : AttributeNames.Find(parameter, AttributeNames.MessagePackKey));
        if (key is { ConstructorArguments.Length: 1 })
        {
            return key.ConstructorArguments[0].Value switch
            {
                int index => (index, member.Name),
                string name => (null, name),
                _ => (null, member.Name),
            };
        }

        if (AttributeNames.Find(member, AttributeNames.DataMember) is { } data)
        {
            return data.Named("Order") is int order ? (order, member.Name) : (null, data.Named("Name") as string ?? member.Name);
        }

        return (null, member.Name);
    }

    private bool CheckKeys(INamedTypeSymbol type, TypePath path, List<MemberModel> members)
    {
        string name = type.ToDisplayString();
        bool good = true;
        bool indexed = members.Any(m => m.Index is not null);
        if (indexed && members.Any(m => m.Index is null))
        {
            problems.Report(Rules.MixedKeys, path.Place, name);
            good = false;
        }

        foreach (MemberModel member in members.Where(m => m.Index is < 0 or > MaxKey))
        {
            problems.Report(Rules.NegativeKey, path.Place, name, member.Index!);
            good = false;
        }

        foreach (string twice in members.GroupBy(m => indexed ? m.Index?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "" : m.Key)
            .Where(g => g.Count() > 1 && g.Key.Length > 0).Select(g => g.Key))
        {
            problems.Report(Rules.DuplicateKey, path.Place, name, twice);
            good = false;
        }

        return good;
    }
}
