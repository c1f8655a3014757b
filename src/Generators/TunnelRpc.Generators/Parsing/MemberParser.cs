using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds the serialized members of a type, their keys, and how a received object gets their values.</summary>
internal sealed class MemberParser(TypeParser types, DiagnosticReporter diagnostics)
{
    /// <summary>The largest integer key. Each unused index below the largest key costs a byte on the wire.</summary>
    private const int MaxKey = 1023;

    /// <summary>Returns the serialized members. Reports the errors and returns null if the type cannot be serialized.</summary>
    public EquatableArray<MemberModel>? Parse(INamedTypeSymbol type, TypePath path, out bool usesObsolete)
    {
        usesObsolete = Obsolescence.InvolvesObsolete(type);
        TypeMembers members = TypeMembers.Of(type);
        if (ConstructorChoice.Choose(type, members, types.IsVisible) is not { } constructor)
        {
            ReportConstructor(type, path, members);
            return null;
        }

        if (type.AllInterfaces.Any(i =>
            i.OriginalDefinition.ToDisplayString() is "System.Collections.Generic.ICollection<T>" or "System.Collections.ICollection"))
        {
            diagnostics.Report(Rules.ElementsNotSerialized, path.Symbol, path.ToString(), type.ToDisplayString());
        }

        bool failed = !CheckRequired(type, path, members, constructor);
        bool named = constructor.Parameters.Any(p => ConstructorChoice.MemberOf(p, constructor, members) is null);
        var found = new List<(MemberModel Member, int Order)>();
        foreach (ISymbol candidate in members.Serialized)
        {
            IParameterSymbol? parameter = constructor.Parameters
                .FirstOrDefault(p => SymbolEqualityComparer.Default.Equals(ConstructorChoice.MemberOf(p, constructor, members), candidate));
            if (parameter is null && !TypeMembers.IsSettable(candidate))
            {
                // A member that is computed from other members need not be serialized.
                if (TypeMembers.IsStored(candidate))
                {
                    diagnostics.Report(Rules.MemberNotSerialized, path.Symbol, path.ToString(), type.ToDisplayString(), candidate.Name);
                }

                continue;
            }

            (int? index, string key) = KeyOf(candidate, parameter);
            if (types.Parse(TypeMembers.TypeOf(candidate), path.Append(candidate.Name)) is not { } value)
            {
                failed = true;
                continue;
            }

            MemberInitialization setting = parameter is not null ? MemberInitialization.Constructor
                : TypeMembers.IsRequired(candidate) ? MemberInitialization.Required
                : candidate is IPropertySymbol { SetMethod.IsInitOnly: true } ? MemberInitialization.Initializer
                : MemberInitialization.Assignment;
            found.Add((
                new MemberModel(
                    Names.Escape(candidate.Name),
                    $"{type.ToDisplayString()}.{candidate.Name}",
                    key,
                    index,
                    setting,
                    named && parameter is not null ? Names.Escape(parameter.Name) : null,
                    parameter is null ? null : Literals.DefaultOf(parameter),
                    value),
                parameter?.Ordinal ?? int.MaxValue));
            usesObsolete |= Obsolescence.IsObsolete(candidate) || Obsolescence.InvolvesObsolete(TypeMembers.TypeOf(candidate));
        }

        usesObsolete |= Obsolescence.IsObsolete(constructor);
        return failed || !CheckKeys(type, path, found.Select(f => f.Member).ToList())
            ? null
            : new EquatableArray<MemberModel>(found.OrderBy(f => f.Order).Select(f => f.Member));
    }

    /// <summary>
    /// Reports required members that are not serialized: the receiver has no value for them. Returns true if there are none.
    /// </summary>
    private bool CheckRequired(INamedTypeSymbol type, TypePath path, TypeMembers members, IMethodSymbol constructor)
    {
        if (ConstructorChoice.SetsRequired(constructor))
        {
            return true;
        }

        bool isValid = true;
        foreach (ISymbol member in members.NotSerialized.Where(TypeMembers.IsRequired))
        {
            diagnostics.Report(
                Rules.RequiredMemberNotSerialized,
                path.Symbol,
                path.ToString(),
                type.ToDisplayString(),
                member.Name,
                "it is required; serialize it, or make it optional");
            isValid = false;
        }

        return isValid;
    }

    private void ReportConstructor(INamedTypeSymbol type, TypePath path, TypeMembers members)
    {
        IReadOnlyList<ISymbol> missing = ConstructorChoice.FindMissingMembers(type, members, types.IsVisible);
        foreach (ISymbol member in missing)
        {
            diagnostics.Report(
                Rules.RequiredMemberNotSerialized,
                path.Symbol,
                path.ToString(),
                type.ToDisplayString(),
                member.Name,
                "a constructor requires it; serialize it, or give the parameter a default value");
        }

        if (missing.Count == 0)
        {
            diagnostics.Report(
                Rules.UnsupportedType,
                path.Symbol,
                path.ToString(),
                $"{type.ToDisplayString()} has no accessible constructor "
                + "whose parameters all have a default or match a member in name and type");
        }
    }

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
        bool isValid = true;
        bool indexed = members.Any(m => m.Index is not null);
        if (indexed && members.Any(m => m.Index is null))
        {
            diagnostics.Report(Rules.MixedKeys, path.Symbol, name);
            isValid = false;
        }

        foreach (MemberModel member in members.Where(m => m.Index is < 0 or > MaxKey))
        {
            diagnostics.Report(Rules.KeyOutOfRange, path.Symbol, name, member.Index!);
            isValid = false;
        }

        IEnumerable<string> duplicates = members
            .GroupBy(m => indexed ? m.Index?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "" : m.Key)
            .Where(g => g.Count() > 1 && g.Key.Length > 0)
            .Select(g => g.Key);
        foreach (string key in duplicates)
        {
            diagnostics.Report(Rules.DuplicateKey, path.Symbol, name, key);
            isValid = false;
        }

        return isValid;
    }
}
