using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0085-rules-for-code-that-uses-contracts.md
/// <summary>
/// Reports mistakes in methods that serve calls: received streams and objects that are not used, and waits that block a thread.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ImplementationAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        ImmutableArray.Create(Rules.NotConsumed, Rules.BlockingWait);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (!start.Compilation.GetTypesByMetadataName(AttributeNames.TunnelService).IsEmpty)
            {
                start.RegisterSymbolStartAction(CheckType, SymbolKind.NamedType);
            }
        });
    }

    private static void CheckType(SymbolStartAnalysisContext context)
    {
        if (ContractTypes.IsImplementation((INamedTypeSymbol)context.Symbol))
        {
            context.RegisterOperationBlockAction(CheckBlock);
        }
    }

    private static void CheckBlock(OperationBlockAnalysisContext context)
    {
        // Blocks of nested types are passed, too.
        if (context.OwningSymbol is IMethodSymbol method && ContractTypes.ServesCalls(method))
        {
            UnusedArguments.Check(method, context.OperationBlocks, context.ReportDiagnostic);
            BlockingWaits.Check(method, context.OperationBlocks, context.ReportDiagnostic);
        }
    }
}
