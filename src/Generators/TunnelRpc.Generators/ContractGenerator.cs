using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TunnelRpc.Generators.Analysis;
using TunnelRpc.Generators.Caching;
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

    private readonly ContractCache _cache = new();
    private int _parsedContracts;

    /// <summary>The number of contracts that were parsed in all runs, for tests of caching.</summary>
    internal int ParsedContracts => Volatile.Read(ref _parsedContracts);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ParsedContract> parsed = context.CompilationProvider.SelectMany(FindContracts);
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
        IncrementalValuesProvider<ServiceModel> contracts = services
            .Select(static (service, _) => service with { Types = default, Enums = default });
        context.RegisterSourceOutput(contracts.Combine(duplicates), static (output, pair) =>
            output.AddSource(FileNameOf(pair.Left.HintName, pair.Left.Identifier, pair.Right), ServiceEmitter.Emit(pair.Left)));
        EmitFacts(context, services, types);
        context.RegisterSourceOutput(
            types.Collect().SelectMany(static (all, _) => FormatterFile.Group(all)).Combine(duplicates),
            static (output, pair) => output.AddSource(
                FileNameOf(pair.Left.HintName, pair.Left.Types[0].Identifier, pair.Right), FormatterEmitter.Emit(pair.Left.Types)));
    }

    /// <summary>
    /// Emits the facts about all contracts as one file. The facts about each contract and type are a step of their own, so that an edit
    /// computes only those that it affects.
    /// </summary>
    private static void EmitFacts(
        IncrementalGeneratorInitializationContext context,
        IncrementalValuesProvider<ServiceModel> services,
        IncrementalValuesProvider<TypeModel> types)
    {
        IncrementalValueProvider<ImmutableArray<string>> ofServices = services
            .Where(static service => !service.HasErrors)
            .Select(static (service, _) => FactsEmitter.LiteralOf(ContractFacts.OfService(service)))
            .Collect();
        IncrementalValueProvider<ImmutableArray<string>> ofTypes = types
            .Select(static (type, _) => FactsEmitter.LiteralOf(ContractFacts.OfType(type)))
            .Collect();
        IncrementalValueProvider<ImmutableArray<string>> ofEnums = services
            .SelectMany(static (service, _) => service.Enums.ToImmutableArray())
            .Select(static (type, _) => FactsEmitter.LiteralOf(ContractFacts.OfEnum(type)))
            .Collect();
        IncrementalValueProvider<EquatableArray<string>> facts = ofServices.Combine(ofTypes).Combine(ofEnums)
            .Select(static (all, _) => new EquatableArray<string>(all.Left.Left.Concat(all.Left.Right).Concat(all.Right)
                .Distinct()
                .OrderBy(f => f, StringComparer.Ordinal)));
        context.RegisterSourceOutput(facts, static (output, values) =>
        {
            if (values.Count > 0)
            {
                output.AddSource(FactsEmitter.FileName, FactsEmitter.Emit(values));
            }
        });
    }

    /// <summary>
    /// Returns the contracts of a compilation. ForAttributeWithMetadataName would bind the attributes of each contract after every edit.
    /// Here a contract whose model is kept costs two look-ups, and no symbol is created if all are kept.
    /// </summary>
    private ImmutableArray<ParsedContract> FindContracts(Compilation compilation, CancellationToken cancellationToken)
    {
        DeclaredNames names = _cache.Share(DeclaredNames.Of(compilation, cancellationToken));
        ImmutableArray<ParsedContract>.Builder contracts = ImmutableArray.CreateBuilder<ParsedContract>();
        foreach (SyntaxTree file in compilation.SyntaxTrees)
        {
            foreach (InterfaceDeclarationSyntax declaration in FileDeclarations.Of(file, cancellationToken).Interfaces)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ParsedContract contract = _cache.Find(declaration, compilation, names)
                    ?? Parse(declaration, compilation, names, cancellationToken);
                if (contract != ParsedContract.None)
                {
                    contracts.Add(contract);
                }
            }
        }

        return contracts.ToImmutable();
    }

    private ParsedContract Parse(
        InterfaceDeclarationSyntax declaration, Compilation compilation, DeclaredNames names, CancellationToken cancellationToken)
    {
        INamedTypeSymbol? type = compilation.GetSemanticModel(declaration.SyntaxTree).GetDeclaredSymbol(declaration, cancellationToken);

        // If several parts have the attribute, the compiler reports an error. The contract is generated for the first part.
        AttributeData? first = type is null ? null : AttributeNames.Find(type, AttributeNames.TunnelService);
        if (first?.ApplicationSyntaxReference?.GetSyntax(cancellationToken).Parent?.Parent != declaration)
        {
            SyntaxTree[] parts = type is null ? [] : [.. type.DeclaringSyntaxReferences.Select(r => r.SyntaxTree)];
            _cache.Set(declaration, names, parts, ParsedContract.None);
            return ParsedContract.None;
        }

        Interlocked.Increment(ref _parsedContracts);
        var parser = new ContractParser(compilation, null, cancellationToken);
        ServiceModel? service = parser.Parse(type!);
        var parsed = new ParsedContract(
            service, parser.FirstError is { } error ? ContractError.From(type!.ToDisplayString(), error) : null, parser.HasNotes);
        _cache.Set(declaration, names, parser.Files, parsed);
        return parsed;
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
