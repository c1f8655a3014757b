using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Model;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Finds the serialized members of a type, their keys, and how a received object gets their values.</summary>
internal sealed class MemberParser(TypeParser types, DiagnosticReporter diagnostics, MetadataFields metadata)
{
    /// <summary>The largest integer key. Each unused index below the largest key costs a byte on the wire.</summary>
    private const int MaxKey = 1023;

    /// <summary>Returns the serialized members. Reports the errors and returns null if the type cannot be serialized.</summary>
    public EquatableArray<MemberModel>? Parse(INamedTypeSymbol type, TypePath path, out bool usesObsolete, out bool mayThrow)
    {
        usesObsolete = Obsolescence.InvolvesObsolete(type);
        mayThrow = false;
        TypeMembers members = TypeMembers.Of(type);
        if (ConstructorChoice.Choose(type, members, types.Access.IsVisible) is not { } constructor)
        {
            ReportConstructor(type, path, members);
            return null;
        }

        bool failed = !CheckRequired(type, path, members, constructor);
        bool named = constructor.Parameters.Any(p => ConstructorChoice.MemberOf(p, constructor, members) is null);
        var found = new List<(MemberModel Member, ISymbol Symbol, int Order)>();
        var serialized = new List<ISymbol>();
        foreach (ISymbol candidate in members.Serialized)
        {
            IParameterSymbol? parameter = constructor.Parameters
                .FirstOrDefault(p => SymbolEqualityComparer.Default.Equals(ConstructorChoice.MemberOf(p, constructor, members), candidate));
            if (parameter is null && !TypeMembers.IsSettable(candidate))
            {
                // It is computed from other members, or its state is lost, which is checked below.
                continue;
            }

            serialized.Add(candidate);
            (int? index, string key) = KeyOf(candidate, parameter);
            if (HasLoneSurrogate(key))
            {
                diagnostics.Report(
                    Rules.UnsupportedType,
                    LocationOf(candidate, path),
                    AppendTo(path, candidate).ToString(),
                    "its key has a surrogate without its pair, which UTF-8 has no bytes for; use another key");
                failed = true;
                continue;
            }

            IReadOnlyList<FormatterAttribute> formatters = FormatterParser.FindAtMember(candidate, parameter);
            if (types.Parse(TypeMembers.NullableTypeOf(candidate), AppendTo(path, candidate), formatters) is not { } value)
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
                    value,
                    candidate.OriginalDefinition.GetDocumentationCommentId() ?? ""),
                candidate,
                parameter?.Ordinal ?? int.MaxValue));
            usesObsolete |= Obsolescence.IsObsolete(candidate) || Obsolescence.InvolvesObsolete(TypeMembers.TypeOf(candidate));
        }

        usesObsolete |= Obsolescence.IsObsolete(constructor);
        mayThrow = CreationCode.MayThrow(type, constructor);
        var state = new StateParser(type, members, serialized, metadata, constructor);
        failed |= !CheckState(type, path, members, state);
        if (!failed)
        {
            new UnsentMembers(types, diagnostics).Report(members, serialized, state);
        }

        return failed || !CheckKeys(type, path, found.Select(f => (f.Member, f.Symbol)).ToList())
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
                path.MemberOrSymbol,
                path.ToString(),
                type.ToDisplayString(),
                member.Name,
                "it is required; serialize it, or make it optional");
            isValid = false;
        }

        return isValid;
    }

    /// <summary>Reports state that no serialized member carries. Returns true if there is none.</summary>
    private bool CheckState(INamedTypeSymbol type, TypePath path, TypeMembers members, StateParser state)
    {
        IReadOnlyList<LostState> lost = state.FindLost();
        if (lost.Count > 0 && type.AllInterfaces.Any(i => i.SpecialType == SpecialType.System_Collections_IEnumerable))
        {
            diagnostics.ReportExcludable(
                Rules.ElementsNotSerialized,
                LocationOf(lost[0].Symbol, path),
                path.ExcludableMember,
                path.ToString(),
                type.ToDisplayString(),
                lost[0].Name,
                path.ExclusionText);
            return false;
        }

        foreach (LostState part in lost)
        {
            bool isReadable = members.Serialized.Contains(part.Symbol, SymbolEqualityComparer.Default);
            DiagnosticDescriptor rule = isReadable ? Rules.MemberNotSerialized
                : members.AreMarked && part.Symbol.DeclaredAccessibility == Accessibility.Public ? Rules.MemberNotMarked
                : Rules.StateNotSerialized;
            diagnostics.Report(
                rule,
                LocationOf(part.Symbol, path),
                path.ToString(),
                type.ToDisplayString(),
                part.Name);
        }

        return lost.Count == 0;
    }

    /// <summary>The symbol at which an error of a member is reported: the member, if this compilation contains its source.</summary>
    private ISymbol LocationOf(ISymbol member, TypePath path) => types.IsInContractAssembly(member) ? member : path.MemberOrSymbol;

    private TypePath AppendTo(TypePath path, ISymbol member) => path.Append(member, types.IsInContractAssembly(member));

    private void ReportConstructor(INamedTypeSymbol type, TypePath path, TypeMembers members)
    {
        IReadOnlyList<ISymbol> missing = ConstructorChoice.FindMissingMembers(type, members, types.Access.IsVisible);
        foreach (ISymbol member in missing)
        {
            diagnostics.Report(
                Rules.RequiredMemberNotSerialized,
                path.MemberOrSymbol,
                path.ToString(),
                type.ToDisplayString(),
                member.Name,
                "a constructor requires it; serialize it, or give the parameter a default value");
        }

        if (missing.Count == 0)
        {
            diagnostics.ReportExcludable(
                Rules.UnsupportedType,
                path.MemberOrSymbol,
                path.ExcludableMember,
                path.ToString(),
                ConstructorChoice.GetProblem(type, members, types.Access.IsVisible) + path.ExclusionText);
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

    private static bool HasLoneSurrogate(string key)
    {
        for (int i = 0; i < key.Length; i++)
        {
            if (i + 1 < key.Length && char.IsSurrogatePair(key[i], key[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(key[i]))
            {
                return true;
            }
        }

        return false;
    }

    private bool CheckKeys(INamedTypeSymbol type, TypePath path, List<(MemberModel Model, ISymbol Symbol)> members)
    {
        string name = type.ToDisplayString();
        bool isValid = true;
        bool indexed = members.Any(m => m.Model.Index is not null);
        if (indexed && members.FirstOrDefault(m => m.Model.Index is null).Symbol is { } withoutKey)
        {
            diagnostics.Report(Rules.MixedKeys, LocationOf(withoutKey, path), name);
            isValid = false;
        }

        foreach ((MemberModel member, ISymbol symbol) in members.Where(m => m.Model.Index is < 0 or > MaxKey))
        {
            diagnostics.Report(Rules.KeyOutOfRange, LocationOf(symbol, path), name, member.Index!);
            isValid = false;
        }

        foreach (IGrouping<string, (MemberModel Model, ISymbol Symbol)> same in members
            .Where(m => !indexed || m.Model.Index is not null)
            .GroupBy(m => m.Model.Index?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? m.Model.Key)
            .Where(g => g.Count() > 1))
        {
            // The first member keeps the key.
            string key = same.Key.Length == 0 ? "\"\"" : same.Key;
            diagnostics.Report(Rules.DuplicateKey, LocationOf(same.ElementAt(1).Symbol, path), name, key);
            isValid = false;
        }

        return isValid;
    }
}
