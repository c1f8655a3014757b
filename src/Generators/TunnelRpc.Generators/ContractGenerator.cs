using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Emission;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators;

/// <summary>
/// Emits stub, dispatch and formatters for every contract. A contract with a problem is left out; the analyzer says why.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ContractGenerator : IIncrementalGenerator
{
    /// <summary>The step that gives the models of services; for tests of caching.</summary>
    public const string ServicesStep = "Services";

    /// <summary>The step that gives the models of types; for tests of caching.</summary>
    public const string TypesStep = "Types";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ServiceModel> services = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                AttributeNames.TunnelService,
                static (node, _) => node is Microsoft.CodeAnalysis.CSharp.Syntax.InterfaceDeclarationSyntax,
                static (found, cancellationToken) => new ContractParser(null, cancellationToken).Parse((INamedTypeSymbol)found.TargetSymbol))
            .Where(static service => service is not null)
            .Select(static (service, _) => service!)
            .WithTrackingName(ServicesStep);

        // Two services may reach one type: it is emitted once.
        IncrementalValuesProvider<TypeModel> types = services
            .SelectMany(static (service, _) => service.Types.ToImmutableArray())
            .Collect()
            .SelectMany(static (all, _) => all.GroupBy(t => t.Identifier).Select(g => g.First()).ToImmutableArray())
            .WithTrackingName(TypesStep);

        // Without its types, so that a changed type leaves the service's output alone.
        IncrementalValuesProvider<ServiceModel> contracts = services.Select(static (service, _) => service with { Types = default });
        context.RegisterSourceOutput(contracts, static (output, service) => output.AddSource(service.HintName + ".g.cs", ServiceEmitter.Emit(service)));
        context.RegisterSourceOutput(types, static (output, type) => output.AddSource(type.HintName + ".g.cs", FormatterEmitter.Emit(type)));
    }
}
