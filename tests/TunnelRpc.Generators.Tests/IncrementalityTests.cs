using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>An edit regenerates what it concerns, and nothing else.</summary>
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

    /// <summary>Of two contracts and one type.</summary>
    private static readonly IncrementalStepRunReason[] OneModified = [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified];

    [Fact]
    public void Equal_source_gives_equal_models() =>
        Reasons(Second, Second).Values.SelectMany(r => r).ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void A_comment_changes_nothing() =>
        Reasons(Second, "// a comment\n" + Second.Replace("PutAsync(Item item)", "PutAsync( /* here */ Item item )", StringComparison.Ordinal))
            .Values.SelectMany(r => r).ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void An_unrelated_file_changes_nothing() =>
        Reasons("class A;", "class A { public int B; }").Values.SelectMany(r => r).ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);

    [Fact]
    public void A_method_more_regenerates_its_own_service_only()
    {
        Dictionary<string, List<IncrementalStepRunReason>> reasons = Reasons(Second, Second.Replace("}", "Task DropAsync(int id); }", StringComparison.Ordinal));

        reasons[ContractGenerator.ServicesStep].Count(r => r == IncrementalStepRunReason.Modified).ShouldBe(1);
        reasons[ContractGenerator.ServicesStep].Count(r => r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged).ShouldBe(1);
        reasons[ContractGenerator.TypesStep].ShouldAllBe(r => r == IncrementalStepRunReason.Cached || r == IncrementalStepRunReason.Unchanged);
    }

    [Fact]
    public void A_contract_that_breaks_or_inherits_leaves_the_files_of_others_alone()
    {
        OutputReasons(Second, Second.Replace("Item item", "object item", StringComparison.Ordinal)).ShouldBe(OneModified, ignoreOrder: true);
        OutputReasons(Second, Second.Replace("ISecond", "ISecond : IFirst", StringComparison.Ordinal)).ShouldBe(OneModified, ignoreOrder: true);
    }

    [Fact]
    public void A_method_more_in_a_base_regenerates_the_derived_contract()
    {
        const string derived = "using System.Threading.Tasks; [TunnelRpc.TunnelService] public partial interface IDerived : IPlain { } public interface IPlain { Task AAsync(); }";

        OutputReasons(derived, derived.Replace("AAsync();", "AAsync(); Task BAsync();", StringComparison.Ordinal)).ShouldBe(OneModified, ignoreOrder: true);
    }

    [Fact]
    public void A_type_that_two_services_reach_is_emitted_once()
    {
        GeneratorDriver driver = Compilations.CreateDriver().RunGenerators(Compilations.Create(First, Second));

        driver.GetRunResult().Results.Single().GeneratedSources.Select(s => s.HintName).Order()
            .ShouldBe(["IFirst.g.cs", "ISecond.g.cs", "Item.Formatter.g.cs"]);
    }

    [Fact]
    public void No_step_holds_anything_of_the_compiler()
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
