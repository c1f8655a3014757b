using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0103-marks-and-exclusions.md
/// <summary>
/// Reports what a type in the assembly of the contract seems to send and does not: marked members that are excluded or computed, and fields
/// of which serialized properties return a part.
/// </summary>
internal sealed class UnsentMembers(TypeParser types, DiagnosticReporter diagnostics)
{
    private const string Suffix = "Attribute";

    /// <summary>Reports the members of a type without errors.</summary>
    /// <param name="members">The members.</param>
    /// <param name="serialized">Those that are serialized.</param>
    /// <param name="state">The state of the type.</param>
    public void Report(TypeMembers members, ICollection<ISymbol> serialized, StateParser state)
    {
        foreach (ISymbol member in members.Ignored.Where(types.IsInContractAssembly))
        {
            ReportExcluded(member);
        }

        foreach (ISymbol member in members.Serialized.Where(types.IsInContractAssembly))
        {
            if (!serialized.Contains(member, SymbolEqualityComparer.Default) && AttributeNames.FindMark(member) is { } mark)
            {
                Report(
                    member,
                    $"{NameOf(mark)} marks it, but it has no public setter and no constructor parameter, so the receiver computes it from "
                    + "other members. Remove the attribute, or add a setter, init or a constructor parameter if the value must be sent.");
            }
        }

        foreach (IFieldSymbol field in state.FindPartlyCarried().Where(types.IsInContractAssembly))
        {
            Report(
                field,
                "the serialized properties return only some of its members, and the others are lost. Add a public property with a setter "
                + "that returns the field as a whole, or exclude the field with [TunnelIgnore] if the properties restore all of it.");
        }
    }

    /// <summary>
    /// Reports a member that is marked and excluded. [TunnelIgnore] beside a mark of another serializer is the way to exclude a member
    /// here only.
    /// </summary>
    private void ReportExcluded(ISymbol member)
    {
        if (AttributeNames.FindMark(member) is { } mark
            && AttributeNames.FindIgnore(member) is { } ignore
            && (mark.AttributeClass.HasName(AttributeNames.TunnelMember) || !ignore.AttributeClass.HasName(AttributeNames.TunnelIgnore)))
        {
            Report(member, $"{NameOf(mark)} marks it, and {NameOf(ignore)} excludes it. Remove one of the attributes.");
        }
    }

    private void Report(ISymbol member, string reason) =>
        diagnostics.Note(Rules.NotSent, null, member, $"{member.ContainingType.Name}.{member.Name}", reason);

    /// <summary>The attribute as source has it: <c>[Key]</c>.</summary>
    private static string NameOf(AttributeData attribute)
    {
        string name = attribute.AttributeClass!.Name;
        return $"[{(name.EndsWith(Suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - Suffix.Length) : name)}]";
    }
}
