using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>Tests that an edit regenerates only the affected outputs.</summary>
public sealed class IncrementalityTests
{
    private const string First = """
        using System.Threading.Tasks;
        using TunnelRpc;
        [TunnelService] public partial interface IFirst { Task<Item> GetAsync(int id); }
        public sealed record Item(int Id, string Name);
        """;

    private const string Second = """
        using System.Threading.Tasks;
        using TunnelRpc;
        [TunnelService] public partial interface ISecond { Task PutAsync(Item item); }
        """;

    /// <summary>
    /// The expected reasons of four outputs, two contracts, one type and the facts, of which one contract and the facts are modified.
    /// </summary>
    private static readonly IncrementalStepRunReason[] OneModified =
    [
        IncrementalStepRunReason.Cached,
        IncrementalStepRunReason.Cached,
        IncrementalStepRunReason.Modified,
        IncrementalStepRunReason.Modified,
    ];

    [Fact]
    public void Unchanged_source_keeps_models_cached() =>
        Reasons(Second, Second).Values.SelectMany(r => r)
            .ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void Comment_keeps_models_cached() =>
        Reasons(
            Second, "// a comment\n" + Second.Replace("PutAsync(Item item)", "PutAsync( /* here */ Item item )", StringComparison.Ordinal))
            .Values.SelectMany(r => r).ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void Unrelated_file_keeps_models_cached() =>
        Reasons("class A;", "class A { public int B; }").Values.SelectMany(r => r)
            .ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void Added_method_regenerates_only_its_service()
    {
        Dictionary<string,
        List<IncrementalStepRunReason>> reasons =
            Reasons(Second, Second.Replace("}", "Task DropAsync(int id); }", StringComparison.Ordinal));

        reasons[ContractGenerator.ServicesStep].Count(r => r == IncrementalStepRunReason.Modified).ShouldBe(1);
        reasons[ContractGenerator.ServicesStep].Count(r => r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged)
            .ShouldBe(1);
        reasons[ContractGenerator.TypesStep]
            .ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);
    }

    [Fact]
    public void Contract_that_becomes_invalid_or_inherits_regenerates_only_its_file()
    {
        // The new output is the error.
        OutputReasons(Second, Second.Replace("Item item", "object item", StringComparison.Ordinal))
            .ShouldBe([.. OneModified, IncrementalStepRunReason.New], ignoreOrder: true);
        OutputReasons(Second, Second.Replace("ISecond", "ISecond : IFirst", StringComparison.Ordinal))
            .ShouldBe(OneModified, ignoreOrder: true);
    }

    [Fact]
    public void Added_method_in_base_regenerates_derived_contract()
    {
        const string derived = "using System.Threading.Tasks; "
            + "[TunnelRpc.TunnelService] public partial interface IDerived : IPlain { } public interface IPlain { Task AAsync(); }";

        OutputReasons(derived, derived.Replace("AAsync();", "AAsync(); Task BAsync();", StringComparison.Ordinal))
            .ShouldBe(OneModified, ignoreOrder: true);
    }

    [Fact]
    public void Type_used_by_two_services_is_emitted_once()
    {
        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(Compilations.Create(First, Second));

        driver.GetRunResult().Results.Single().GeneratedSources.Select(s => s.HintName).Order()
            .ShouldBe(["IFirst.g.cs", "ISecond.g.cs", "Item.Formatter.g.cs", "TunnelRpc-contracts.g.cs"]);
    }

    [Fact]
    public void Models_contain_no_compiler_objects()
    {
        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(Compilations.Create(First, Second));

        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        foreach (string step in new[] { ContractGenerator.ServicesStep, ContractGenerator.TypesStep })
        {
            object[] outputs = [.. result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Value)];
            outputs.ShouldNotBeEmpty();
            var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
            foreach (object output in outputs)
            {
                Walk(output, seen);
            }

            seen.Count.ShouldBeGreaterThan(3);
        }
    }

    private static List<IncrementalStepRunReason> OutputReasons(string before, string after) =>
        [.. Run(before, after).TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).Select(o => o.Reason)];

    private static void Walk(object? value, HashSet<object> seen)
    {
        if (value is null or string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value))
        {
            return;
        }

        value.GetType().Namespace.ShouldNotBeNull().ShouldNotStartWith("Microsoft.CodeAnalysis");
        if (value is IEnumerable items)
        {
            foreach (object? item in items)
            {
                Walk(item, seen);
            }
        }

        foreach (FieldInfo field in value.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            Walk(field.GetValue(value), seen);
        }
    }

    private static Dictionary<string, List<IncrementalStepRunReason>> Reasons(string before, string after)
    {
        GeneratorRunResult result = Run(before, after);
        return new[] { ContractGenerator.ServicesStep, ContractGenerator.TypesStep }
            .ToDictionary(s => s, s => result.TrackedSteps[s].SelectMany(step => step.Outputs).Select(o => o.Reason).ToList());
    }

    private static GeneratorRunResult Run(string before, string after)
    {
        Compilation first = Compilations.Create(First, before);
        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(first);
        Compilation second = first.ReplaceSyntaxTree(first.SyntaxTrees.Last(), Compilations.ParseText(after));
        return driver.RunGenerators(second).GetRunResult().Results.Single();
    }
}
