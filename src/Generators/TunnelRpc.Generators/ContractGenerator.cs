using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Emission;
using TunnelRpc.Generators.Model;
using TunnelRpc.Generators.Parsing;

namespace TunnelRpc.Generators;

/// <summary>
/// Emits the stub, the method descriptors and the formatters of every contract. For a contract with an error it emits a part that throws,
/// so that code that uses the contract causes no further errors, and reports the first error itself, since a build can switch off
/// <see cref="Analysis.ContractAnalyzer"/>, which reports them all.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ContractGenerator : IIncrementalGenerator
{
    /// <summary>The name of the step that creates the service models, for tests of caching.</summary>
    public const string ServicesStep = "Services";

    /// <summary>The name of the step that creates the type models, for tests of caching.</summary>
    public const string TypesStep = "Types";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<(ServiceModel? Service, ContractError? Error)> parsed = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                AttributeNames.TunnelService,
                static (node, _) => node is Microsoft.CodeAnalysis.CSharp.Syntax.InterfaceDeclarationSyntax,
                Transform);
        IncrementalValuesProvider<ServiceModel> services = parsed
            .Where(static contract => contract.Service is not null)
            .Select(static (contract, _) => contract.Service!)
            .WithTrackingName(ServicesStep);
        IncrementalValuesProvider<ContractError> errors = parsed
            .Where(static contract => contract.Error is not null)
            .Select(static (contract, _) => contract.Error!);
        context.RegisterSourceOutput(errors, static (output, error) => output.ReportDiagnostic(
            Diagnostic.Create(Rules.NotGenerated, error.CreateLocation(), error.Contract, error.Id, error.Message)));

        // Several services may use the same type. It is emitted once.
        IncrementalValuesProvider<TypeModel> types = services
            .SelectMany(static (service, _) => service.Types.ToImmutableArray())
            .Collect()
            .SelectMany(static (all, _) => all.GroupBy(t => t.Identifier).Select(g => g.First()).ToImmutableArray())
            .WithTrackingName(TypesStep);

        IncrementalValueProvider<EquatableArray<string>> duplicates = services.Select(static (service, _) => service.HintName).Collect()
            .Combine(types.Select(static (type, _) => type.HintName).Collect())
            .Select(static (names, _) => FindDuplicateNames(names.Left.Concat(names.Right)));

        // The types are removed from the model, so that a change of a type does not regenerate the service.
        IncrementalValuesProvider<ServiceModel> contracts = services.Select(static (service, _) => service with { Types = default });
        context.RegisterSourceOutput(contracts.Combine(duplicates), static (output, pair) =>
            output.AddSource(FileNameOf(pair.Left.HintName, pair.Left.Identifier, pair.Right), ServiceEmitter.Emit(pair.Left)));
        context.RegisterSourceOutput(types.Combine(duplicates), static (output, pair) =>
            output.AddSource(FileNameOf(pair.Left.HintName, pair.Left.Identifier, pair.Right), FormatterEmitter.Emit(pair.Left)));
    }

    private static (ServiceModel? Service, ContractError? Error) Transform(
        GeneratorAttributeSyntaxContext found, CancellationToken cancellationToken)
    {
        var contract = (INamedTypeSymbol)found.TargetSymbol;

        // If several parts have the attribute, the compiler reports an error. The contract is generated for the first part.
        AttributeData? first = AttributeNames.Find(contract, AttributeNames.TunnelService);
        if (first?.ApplicationSyntaxReference?.GetSyntax(cancellationToken).Parent?.Parent != found.TargetNode)
        {
            return default;
        }

        var parser = new ContractParser(found.SemanticModel.Compilation, null, cancellationToken);
        ServiceModel? service = parser.Parse(contract);
        return (service, parser.FirstError is { } error ? ContractError.From(contract.ToDisplayString(), error) : null);
    }

    /// <summary>
    /// Returns the names, in lower case, that more than one output has. The compiler rejects outputs whose names differ only in case.
    /// </summary>
    private static EquatableArray<string> FindDuplicateNames(IEnumerable<string> names) => new(names
        .Select(n => n.ToLowerInvariant())
        .GroupBy(n => n, StringComparer.Ordinal)
        .Where(g => g.Count() > 1)
        .Select(g => g.Key)
        .OrderBy(n => n, StringComparer.Ordinal));

    /// <summary>
    /// Returns the file name of an output. If the hint name is not unique, a hash of the identifier is appended, so that the file name does
    /// not depend on the order of the source.
    /// </summary>
    private static string FileNameOf(string hintName, string identifier, EquatableArray<string> duplicates) =>
        duplicates.Contains(hintName.ToLowerInvariant())
            ? $"{hintName}-{WireHash.Of(identifier).ToString("x8", CultureInfo.InvariantCulture)}.g.cs"
            : hintName + ".g.cs";
}
