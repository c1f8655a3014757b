using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>
/// Reports type arguments that must be contracts and are none: those of <c>ITunnelCaller</c> and <c>ITunnelClients</c>, which have no
/// constraint for it, and those of type parameters that are constrained to <c>ITunnelService</c>, where the error of the compiler does not
/// name the attribute.
/// </summary>
internal static class ContractArguments
{
    /// <summary>The types of the runtime whose type argument is a contract without a constraint for it.</summary>
    private static readonly string[] TypesOfContracts = ["TunnelRpc.ITunnelCaller<TCallback>", "TunnelRpc.ITunnelClients<TCallback>"];

    /// <summary>Checks the type arguments of a name.</summary>
    public static void Check(SyntaxNodeAnalysisContext context)
    {
        var name = (GenericNameSyntax)context.Node;
        SymbolInfo info = context.SemanticModel.GetSymbolInfo(name, context.CancellationToken);
        ImmutableArray<ITypeParameterSymbol> parameters = (info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols)
            .Select(TypeParametersOf)
            .FirstOrDefault(p => p.Length == name.Arity && p.Any(IsOfContract));
        if (parameters.IsDefaultOrEmpty)
        {
            return;
        }

        foreach ((ITypeParameterSymbol parameter, TypeSyntax syntax) in parameters.Zip(name.TypeArgumentList.Arguments, (p, a) => (p, a)))
        {
            if (IsOfContract(parameter)
                && context.SemanticModel.GetTypeInfo(syntax, context.CancellationToken).Type is { } argument
                && GetProblem(argument) is { } problem)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.ContractExpected, syntax.GetLocation(), name.Identifier.ValueText, argument.ToDisplayString(), problem));
            }
        }
    }

    private static ImmutableArray<ITypeParameterSymbol> TypeParametersOf(ISymbol symbol) => symbol switch
    {
        INamedTypeSymbol type => type.OriginalDefinition.TypeParameters,
        IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => constructor.ContainingType.OriginalDefinition.TypeParameters,
        IMethodSymbol method => (method.ReducedFrom ?? method).OriginalDefinition.TypeParameters,
        _ => [],
    };

    private static bool IsOfContract(ITypeParameterSymbol parameter) =>
        parameter.ConstraintTypes.Any(c => IsServiceOf(c, parameter))
        || (parameter.DeclaringType is { } type && TypesOfContracts.Contains(type.ToDisplayString()));

    private static bool IsServiceOf(ITypeSymbol type, ITypeSymbol contract) =>
        type is INamedTypeSymbol { TypeArguments.Length: 1 } service
        && service.OriginalDefinition.ToDisplayString() == "TunnelRpc.ITunnelService<TSelf>"
        && SymbolEqualityComparer.Default.Equals(service.TypeArguments[0], contract);

    /// <summary>Returns the reason why the type is no contract; null if it is one, or if it is not known yet.</summary>
    private static string? GetProblem(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.TypeParameter or TypeKind.Error } => null,
        { TypeKind: TypeKind.Interface } when AttributeNames.Find(type, AttributeNames.TunnelService) is not null => null,
        _ when type.AllInterfaces.Any(i => IsServiceOf(i, type)) => null,
        { TypeKind: TypeKind.Interface } when type.Locations.Any(l => l.IsInSource) =>
            "mark it with [TunnelService] and declare it partial, so that it is generated",
        { TypeKind: TypeKind.Interface } => "its assembly must declare it with [TunnelService]",
        _ when ContractOf(type) is { } contract =>
            $"name the contract that it implements, the interface '{contract.ToDisplayString()}' with [TunnelService]",
        _ => "name a partial interface with [TunnelService]",
    };

    private static INamedTypeSymbol? ContractOf(ITypeSymbol type) =>
        type.AllInterfaces.FirstOrDefault(i => AttributeNames.Find(i, AttributeNames.TunnelService) is not null);
}
