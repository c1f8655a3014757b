using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators.Analysis;

/// <summary>Reports requirements on callers that the server, or the client, refuses when it starts.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AuthorizationAnalyzer : DiagnosticAnalyzer
{
    private const string AuthorizeData = "Microsoft.AspNetCore.Authorization.IAuthorizeData";
    private const string RequirementData = "Microsoft.AspNetCore.Authorization.IAuthorizationRequirementData";
    private const string ClientBuilder = "TunnelRpc.Client.TunnelClientBuilder";
    private const string Schemes = "AuthenticationSchemes";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        ImmutableArray.Create(Rules.SchemeOfCall, Rules.AuthorizedCallback);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(AuthorizeData) is not { } authorizeData)
            {
                return;
            }

            start.RegisterSymbolAction(symbol => CheckSchemes(symbol, authorizeData), SymbolKind.NamedType);
            if (start.Compilation.GetTypeByMetadataName(ClientBuilder) is { } builder)
            {
                INamedTypeSymbol? requirementData = start.Compilation.GetTypeByMetadataName(RequirementData);
                start.RegisterOperationAction(
                    operation => CheckCallback(operation, builder, authorizeData, requirementData), OperationKind.Invocation);
            }
        });
    }

    /// <summary>A contract, or a class that implements one: their calls have the user of the session.</summary>
    private static void CheckSchemes(SymbolAnalysisContext context, INamedTypeSymbol authorizeData)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!ContractTypes.IsContract(type) && !type.AllInterfaces.Any(ContractTypes.IsContract))
        {
            return;
        }

        foreach (ISymbol symbol in type.GetMembers().OfType<IMethodSymbol>().Prepend<ISymbol>(type))
        {
            foreach (AttributeData attribute in symbol.GetAttributes().Where(a => Implements(a.AttributeClass, authorizeData)))
            {
                if (attribute.Named(Schemes) is string { Length: > 0 } schemes
                    && attribute.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken) is { } syntax)
                {
                    context.ReportDiagnostic(Diagnostic.Create(
                        Rules.SchemeOfCall,
                        FindSchemes(syntax).GetLocation(),
                        schemes,
                        symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)));
                }
            }
        }
    }

    /// <summary>The argument that sets the schemes; the whole attribute if a constructor of it does.</summary>
    private static SyntaxNode FindSchemes(SyntaxNode attribute) =>
        attribute.DescendantNodes().OfType<AttributeArgumentSyntax>().FirstOrDefault(a => a.NameEquals?.Name.Identifier.Text == Schemes)
        ?? attribute;

    /// <summary>The server calls what a client registers with AddCallback, and has no user.</summary>
    private static void CheckCallback(
        OperationAnalysisContext context, INamedTypeSymbol builder, INamedTypeSymbol authorizeData, INamedTypeSymbol? requirementData)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod is not { Name: "AddCallback", IsGenericMethod: true } method
            || !SymbolEqualityComparer.Default.Equals(method.ContainingType, builder))
        {
            return;
        }

        IEnumerable<ITypeSymbol?> registered = method.TypeArguments.Concat(call.Arguments.Select(a => WithoutConversion(a.Value).Type));
        ISymbol? guarded = registered
            .OfType<INamedTypeSymbol>()
            .Where(type => method.TypeArguments.Contains(type, SymbolEqualityComparer.Default)
                || type.AllInterfaces.Any(ContractTypes.IsContract))
            .SelectMany(FindDeclarations)
            .FirstOrDefault(symbol => symbol.GetAttributes().Any(
                a => Implements(a.AttributeClass, authorizeData) || Implements(a.AttributeClass, requirementData)));
        if (guarded is not null)
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.AuthorizedCallback,
                CallSyntax.FindName(call.Syntax).GetLocation(),
                guarded.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)));
        }
    }

    private static IOperation WithoutConversion(IOperation value) =>
        value is IConversionOperation { IsImplicit: true } conversion ? WithoutConversion(conversion.Operand) : value;

    /// <summary>The type, its bases and its methods: each may have attributes.</summary>
    private static IEnumerable<ISymbol> FindDeclarations(INamedTypeSymbol type)
    {
        IEnumerable<INamedTypeSymbol> bases = type.TypeKind == TypeKind.Interface ? type.AllInterfaces : FindBases(type);
        return bases.Prepend(type).SelectMany(t => t.GetMembers().OfType<IMethodSymbol>().Prepend<ISymbol>(t));
    }

    private static IEnumerable<INamedTypeSymbol> FindBases(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? current = type.BaseType; current is not null; current = current.BaseType)
        {
            yield return current;
        }
    }

    private static bool Implements(INamedTypeSymbol? attribute, INamedTypeSymbol? data) =>
        attribute is not null && data is not null && attribute.AllInterfaces.Contains(data, SymbolEqualityComparer.Default);
}
