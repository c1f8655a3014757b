using System;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>
/// Reports endpoints of tunnels for which the application has not decided who may connect. A fallback policy, and attributes that authorize
/// the calls of a contract, are decisions for all endpoints.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EndpointAnalyzer : DiagnosticAnalyzer
{
    private const string Extensions = "Microsoft.AspNetCore.Builder.TunnelEndpointRouteBuilderExtensions";
    private const string AuthorizeData = "Microsoft.AspNetCore.Authorization.IAuthorizeData";
    private const string AllowAnonymous = "Microsoft.AspNetCore.Authorization.IAllowAnonymous";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        ImmutableArray.Create(Rules.EndpointWithoutAuthorization);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Extensions) is { } extensions)
            {
                var endpoints = new Endpoints(
                    extensions,
                    start.Compilation.GetTypeByMetadataName(AuthorizeData),
                    start.Compilation.GetTypeByMetadataName(AllowAnonymous));
                start.RegisterOperationAction(endpoints.CheckCall, OperationKind.Invocation);
                start.RegisterOperationAction(endpoints.CheckAssignment, OperationKind.SimpleAssignment);
                start.RegisterSymbolAction(endpoints.CheckType, SymbolKind.NamedType);
                start.RegisterCompilationEndAction(endpoints.Report);
            }
        });
    }

    /// <summary>The endpoints of one compilation. The methods are called concurrently, and <see cref="Report"/> at the end.</summary>
    private sealed class Endpoints(INamedTypeSymbol extensions, INamedTypeSymbol? authorizeData, INamedTypeSymbol? allowAnonymous)
    {
        private readonly ConcurrentBag<Location> _undecided = [];

        // 1 if the application decides for all endpoints.
        private int _isDecided;

        public void CheckCall(OperationAnalysisContext context)
        {
            var call = (IInvocationOperation)context.Operation;
            if (call.TargetMethod.Name == "SetFallbackPolicy")
            {
                Decide();
            }
            else if (call.TargetMethod.Name == "MapTunnelRpc"
                && SymbolEqualityComparer.Default.Equals(call.TargetMethod.ContainingType, extensions)
                && !MayBeGroup(call.Arguments[0].Value)
                && IsUndecided(call))
            {
                _undecided.Add(CallSyntax.FindName(call.Syntax).GetLocation());
            }
        }

        public void CheckAssignment(OperationAnalysisContext context)
        {
            if (((ISimpleAssignmentOperation)context.Operation).Target is IPropertyReferenceOperation { Property.Name: "FallbackPolicy" })
            {
                Decide();
            }
        }

        public void CheckType(SymbolAnalysisContext context)
        {
            var type = (INamedTypeSymbol)context.Symbol;
            if ((ContractTypes.IsContract(type) || ContractTypes.IsImplementation(type))
                && type.GetMembers().OfType<IMethodSymbol>().Prepend<ISymbol>(type).Any(s => s.GetAttributes().Any(IsDecision)))
            {
                Decide();
            }
        }

        public void Report(CompilationAnalysisContext context)
        {
            if (Volatile.Read(ref _isDecided) == 0)
            {
                foreach (Location location in _undecided)
                {
                    context.ReportDiagnostic(Diagnostic.Create(Rules.EndpointWithoutAuthorization, location));
                }
            }
        }

        private void Decide() => Volatile.Write(ref _isDecided, 1);

        private bool IsDecision(AttributeData attribute) => attribute.AttributeClass is { } type
            && type.AllInterfaces.Any(i => SymbolEqualityComparer.Default.Equals(i, authorizeData)
                || SymbolEqualityComparer.Default.Equals(i, allowAnonymous));

        /// <summary>Whether the receiver may be a group of endpoints, whose conventions apply to its endpoints.</summary>
        private static bool MayBeGroup(IOperation receiver) => receiver switch
        {
            IConversionOperation conversion => MayBeGroup(conversion.Operand),
            IParameterReferenceOperation { Parameter.ContainingSymbol: IMethodSymbol { MethodKind: not MethodKind.AnonymousFunction } } =>
                receiver.Type?.TypeKind == TypeKind.Interface,
            _ => receiver.Type?.Name == "RouteGroupBuilder",
        };

        /// <summary>
        /// Returns whether the call is a statement, and no convention that follows decides about authorization. What is done with a result
        /// that is kept is not known.
        /// </summary>
        private static bool IsUndecided(IOperation call)
        {
            while (true)
            {
                switch (call.Parent)
                {
                    case IConversionOperation conversion:
                        call = conversion;
                        break;
                    case IArgumentOperation { Parent: IInvocationOperation { TargetMethod.IsExtensionMethod: true } next } argument
                        when next.Arguments[0] == argument && IsNeutral(next.TargetMethod):
                        call = next;
                        break;
                    case IExpressionStatementOperation:
                        return true;
                    default:
                        return false;
                }
            }
        }

        /// <summary>Whether a convention is known not to decide about authorization.</summary>
        private static bool IsNeutral(IMethodSymbol convention) =>
            convention.Name is not ("RequireAuthorization" or "AllowAnonymous" or "WithMetadata")
            && convention.ContainingNamespace.ToDisplayString().StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal);
    }
}
