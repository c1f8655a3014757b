using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;

namespace TunnelRpc.Generators.Parsing;

/// <summary>Checks whether a partial declaration of a contract is possible, and creates it.</summary>
internal static class Declaration
{
    /// <summary>Reports the reasons why a part of the contract cannot be declared. Returns true if there are none.</summary>
    public static bool Check(INamedTypeSymbol contract, DiagnosticReporter diagnostics)
    {
        bool isDeclarable = true;
        if (!IsPartial(contract))
        {
            Refuse(Rules.NotPartial, contract.Name);
        }

        if (contract.IsGenericType)
        {
            Refuse(Rules.GenericService, contract.Name);
        }

        if (SelfAndContainingTypes(contract).Any(t => t.IsFileLocal
            || t.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal)))
        {
            Refuse(Rules.NotAccessible, contract.Name);
        }

        foreach (INamedTypeSymbol container in SelfAndContainingTypes(contract).Skip(1).Where(t => !IsPartial(t)))
        {
            Refuse(Rules.ContainingTypeNotPartial, contract.Name, container.Name);
        }

        return isDeclarable;

        void Refuse(DiagnosticDescriptor rule, params object[] arguments)
        {
            diagnostics.Report(rule, contract, arguments);
            isDeclarable = false;
        }
    }

    /// <summary>Returns the partial declarations of the containing types and of the contract, outermost first.</summary>
    public static IEnumerable<string> Headers(INamedTypeSymbol contract) => SelfAndContainingTypes(contract)
        .Select((type, depth) => $"partial {(depth == 0 ? "interface" : Keyword(type))} {Names.Escape(type.Name)}")
        .Reverse();

    /// <summary>Returns the contract and the types that contain it, innermost first.</summary>
    public static IEnumerable<INamedTypeSymbol> SelfAndContainingTypes(INamedTypeSymbol contract)
    {
        for (INamedTypeSymbol? t = contract; t is not null; t = t.ContainingType)
        {
            yield return t;
        }
    }

    private static bool IsPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Any(r => r.GetSyntax() is TypeDeclarationSyntax d && d.Modifiers.Any(m => m.ValueText == "partial"));

    private static string Keyword(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "interface",
        { IsRecord: true, IsValueType: true } => "record struct",
        { IsRecord: true } => "record",
        { IsValueType: true } => "struct",
        _ => "class",
    };
}
