using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Emission;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators;

/// <summary>
/// Emits stub, dispatch and formatters for every contract. One with a problem gets a part that throws, so that the problem is its only error;
/// the analyzer says what it is.
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
                Transform)
            .Where(static service => service is not null)
            .Select(static (service, _) => service!)
            .WithTrackingName(ServicesStep);

        // Two services may reach one type: it is emitted once.
        IncrementalValuesProvider<TypeModel> types = services
            .SelectMany(static (service, _) => service.Types.ToImmutableArray())
            .Collect()
            .SelectMany(static (all, _) => all.GroupBy(t => t.Identifier).Select(g => g.First()).ToImmutableArray())
            .WithTrackingName(TypesStep);

        IncrementalValueProvider<EquatableArray<string>> taken = services.Select(static (service, _) => service.HintName).Collect()
            .Combine(types.Select(static (type, _) => type.HintName).Collect())
            .Select(static (names, _) => FindDuplicateNames(names.Left.Concat(names.Right)));

        // Without its types, so that a changed type leaves the service's output alone.
        IncrementalValuesProvider<ServiceModel> contracts = services.Select(static (service, _) => service with { Types = default });
        context.RegisterSourceOutput(contracts.Combine(taken), static (output, pair) =>
            output.AddSource(FileNameOf(pair.Left.HintName, pair.Left.Identifier, pair.Right), ServiceEmitter.Emit(pair.Left)));
        context.RegisterSourceOutput(types.Combine(taken), static (output, pair) =>
            output.AddSource(FileNameOf(pair.Left.HintName, pair.Left.Identifier, pair.Right), FormatterEmitter.Emit(pair.Left)));
    }

    private static ServiceModel? Transform(GeneratorAttributeSyntaxContext found, CancellationToken cancellationToken)
    {
        var contract = (INamedTypeSymbol)found.TargetSymbol;

        // Several parts may have the attribute, which is an error of the compiler's: the contract is generated for the first.
        AttributeData? first = AttributeNames.Find(contract, AttributeNames.TunnelService);
        return first?.ApplicationSyntaxReference?.GetSyntax(cancellationToken).Parent?.Parent == found.TargetNode
            ? new ContractParser(null, cancellationToken).Parse(contract)
            : null;
    }

    /// <summary>The names, in lower case, that more than one output has: the compiler tells names of outputs apart by more than case only.</summary>
    private static EquatableArray<string> FindDuplicateNames(IEnumerable<string> names) => new(names
        .Select(n => n.ToLowerInvariant())
        .GroupBy(n => n, StringComparer.Ordinal)
        .Where(g => g.Count() > 1)
        .Select(g => g.Key)
        .OrderBy(n => n, StringComparer.Ordinal));

    /// <summary>With the hash of its identifier where the name is taken, so that the file's name does not depend on the order of the source.</summary>
    private static string FileNameOf(string hintName, string identifier, EquatableArray<string> taken) => taken.Contains(hintName.ToLowerInvariant())
        ? $"{hintName}-{WireHash.Of(identifier).ToString("x8", CultureInfo.InvariantCulture)}.g.cs"
        : hintName + ".g.cs";
}
