using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>
/// Reports calls with a result or a stream on a broadcast stub, which the runtime refuses. A stub is followed from
/// <c>ITunnelClients</c> through <c>With</c> and through a local variable that is assigned once.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BroadcastAnalyzer : DiagnosticAnalyzer
{
    private const string Clients = "TunnelRpc.ITunnelClients`1";
    private const string StubExtensions = "TunnelRpc.TunnelStubExtensions";
    private const string Stream = "System.Collections.Generic.IAsyncEnumerable<T>";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = ImmutableArray.Create(Rules.BroadcastWithResult);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Clients) is { } clients)
            {
                start.RegisterOperationAction(operation => Check(operation, clients), OperationKind.Invocation);
            }
        });
    }

    private static void Check(OperationAnalysisContext context, INamedTypeSymbol clients)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.IsAbstract
            && call.Instance is { Type: { TypeKind: TypeKind.Interface } contract } stub
            && HasResultOrStream(call.TargetMethod)
            && ContractTypes.IsContract(contract)
            && IsBroadcast(stub, clients))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.BroadcastWithResult, CallSyntax.FindName(call.Syntax).GetLocation(), call.TargetMethod.Name, GetStubName(contract)));
        }
    }

    private static bool HasResultOrStream(IMethodSymbol method) =>
        method.ReturnType is INamedTypeSymbol { IsGenericType: true }
        || method.Parameters.Any(p => p.Type.OriginalDefinition.ToDisplayString() == Stream);

    private static bool IsBroadcast(IOperation stub, INamedTypeSymbol clients)
    {
        switch (stub)
        {
            case IConversionOperation conversion:
                return IsBroadcast(conversion.Operand, clients);
            case IPropertyReferenceOperation { Property: { Name: "All" } property }:
                return IsOf(property, clients);
            case IInvocationOperation { TargetMethod: { Name: "Except" or "Group" or "User" or "Users" or "Where" } method }
                when IsOf(method, clients):
                return true;
            case IInvocationOperation { TargetMethod: { Name: "With" } method, Arguments: { Length: > 0 } arguments }
                when method.ContainingType.ToDisplayString() == StubExtensions:
                return IsBroadcast(arguments[0].Value, clients);
            case ILocalReferenceOperation local:
                return FindOnlyValue(local) is { } value && value is not ILocalReferenceOperation && IsBroadcast(value, clients);
            default:
                return false;
        }
    }

    private static bool IsOf(ISymbol member, INamedTypeSymbol clients) =>
        SymbolEqualityComparer.Default.Equals(member.ContainingType.OriginalDefinition, clients);

    /// <summary>Returns the initial value of a local variable; null if it has none, or if it is assigned again.</summary>
    private static IOperation? FindOnlyValue(ILocalReferenceOperation local)
    {
        IOperation root = local;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        bool isAssigned = root.Descendants().OfType<IAssignmentOperation>().Any(
            a => a.Target is ILocalReferenceOperation target && SymbolEqualityComparer.Default.Equals(target.Local, local.Local));
        return isAssigned
            ? null
            : root.Descendants().OfType<IVariableDeclaratorOperation>()
                .FirstOrDefault(d => SymbolEqualityComparer.Default.Equals(d.Symbol, local.Local))?
                .GetVariableInitializer()?.Value;
    }

    /// <summary>Returns a name for the stub of one session: "agent" for IAgent.</summary>
    private static string GetStubName(ITypeSymbol contract)
    {
        string name = contract.Name.Length > 1 && contract.Name[0] == 'I' && char.IsUpper(contract.Name[1])
            ? contract.Name.Substring(1)
            : contract.Name;
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }
}
