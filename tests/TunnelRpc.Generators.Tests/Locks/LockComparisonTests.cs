using Shouldly;
using TunnelRpc.Generators.Locks;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>Comparisons that need a lock: reserved lines, removed services, and the words for the sides.</summary>
public sealed class LockComparisonTests
{
    private const string Old = """
        service fleet
        method fleet/RunAsync unary 0x0000002a
        method fleet/RunAsync parameter 0 Acme.Job job
        method fleet/RunAsync result Acme.Kind
        type Acme.Job map
        type Acme.Job member Id int32
        type Acme.Job member Name string
        enum Acme.Kind int32
        enum Acme.Kind value A 0

        """;

    [Fact]
    public void Same_contracts_have_no_difference() => Compare(Old, Old).ShouldBeEmpty();

    [Fact]
    public void Removed_member_breaks_unless_it_is_reserved()
    {
        string without = Old.Replace("type Acme.Job member Name string\n", "", StringComparison.Ordinal);

        LockDifference difference = Compare(Old, without).ShouldHaveSingleItem();

        difference.Grade.ShouldBe(LockGrade.Break);
        difference.Message.ShouldBe(
            "fleet/RunAsync, the parameter 'job': the member 'Name' of 'Acme.Job' is removed: an older client still sends it, and a newer "
            + "server drops its value.");
        difference.Subject.Text.ShouldBe("method fleet/RunAsync unary 0x0000002a");
        difference.Old!.Text.ShouldBe("type Acme.Job member Name string");
        Compare(Old, without + "reserved type Acme.Job member Name string").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("type Acme.Job member Name int32", "reserved type Acme.Job member Name string")]
    [InlineData("method fleet/StopAsync one-way 0x0000002b", "reserved method fleet/StopAsync unary 0x0000002b")]
    [InlineData("enum Acme.Kind value B 1", "reserved enum Acme.Kind value B 2")]
    [InlineData("enum Acme.Kind value C 1", "reserved enum Acme.Kind value B 1")]
    public void What_is_reserved_is_not_used_again(string fact, string reserved)
    {
        string before = Old.Replace("type Acme.Job member Name string\n", "", StringComparison.Ordinal);

        LockDifference difference = Compare(before + reserved, before + fact).ShouldHaveSingleItem();

        difference.Grade.ShouldBe(LockGrade.Break);
        difference.Message.ShouldContain("uses again what is reserved");
        difference.New!.Text.ShouldBe(fact);
    }

    [Fact]
    public void Removed_service_breaks_unless_it_is_reserved()
    {
        LockDifference difference = Compare(Old + "service other", Old).ShouldHaveSingleItem();

        difference.Grade.ShouldBe(LockGrade.Break);
        difference.Message.ShouldBe("The service 'other' is removed: an older peer still calls it, and gets Unimplemented.");
        Compare(Old + "service other", Old + "reserved service other").ShouldBeEmpty();
    }

    [Fact]
    public void Caller_of_a_callback_is_the_server()
    {
        const string owner = "service owner\nservice owner callback fleet\n";
        string changed = Old.Replace("parameter 0 Acme.Job", "parameter 0 string", StringComparison.Ordinal);

        LockDifference difference = Compare(owner + Old, owner + changed)[0];

        difference.Message.ShouldBe(
            "fleet/RunAsync, the parameter 'job': Acme.Job became string: an older server still sends Acme.Job, which a newer client "
            + "cannot read.");
    }

    [Fact]
    public void Difference_of_a_type_is_reported_once_for_each_fact()
    {
        const string second = "method fleet/WaitAsync unary 0x0000002c\nmethod fleet/WaitAsync parameter 0 Acme.Job job\n"
            + "method fleet/WaitAsync result Acme.Job\n";
        string changed = Old.Replace("Name string", "Name int32", StringComparison.Ordinal);

        Compare(Old + second, changed + second).ShouldHaveSingleItem().Grade.ShouldBe(LockGrade.Break);
    }

    [Fact]
    public void Recursive_types_are_compared()
    {
        string recursive = Old + "type Acme.Job member Next Acme.Job?\n";
        string changed = recursive.Replace("Name string", "Name int32", StringComparison.Ordinal);

        Compare(recursive, recursive).ShouldBeEmpty();
        Compare(recursive, changed).ShouldHaveSingleItem();
    }

    private static IReadOnlyList<LockDifference> Compare(string old, string @new) =>
        LockComparison.Compare(LockFile.Parse(old).Model, LockFile.Parse(@new).Model);
}
