using Shouldly;
using TunnelRpc.Generators.Locks;
using Xunit;

namespace TunnelRpc.Generators.Tests.Locks;

/// <summary>The text of a lock: names, types, lines, and texts that are not a lock.</summary>
public sealed class LockTextTests
{
    [Theory]
    [InlineData("RunAsync", "RunAsync")]
    [InlineData("", "\"\"")]
    [InlineData("a name", "a%20name")]
    [InlineData("orders/v1", "orders%2Fv1")]
    [InlineData("größe", "größe")]
    [InlineData("😀", "%F0%9F%98%80")]
    [InlineData("\u202Eevil", "%E2%80%AEevil")]
    [InlineData("50%\n<x>", "50%25%0A%3Cx%3E")]
    public void Name_is_encoded_and_decoded(string name, string token)
    {
        LockText.Encode(name).ShouldBe(token);
        LockText.Decode(token).ShouldBe(name);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("a%zz")]
    public void Invalid_token_is_refused(string token) =>
        Should.Throw<LockFormatException>(() => LockText.Decode(token)).Message.ShouldContain("hexadecimal");

    [Theory]
    [InlineData("int32")]
    [InlineData("map<string,array<Acme.Job?>>?")]
    [InlineData("Acme.Pair{int,string?}")]
    [InlineData("tuple<Acme.Outer{int}.Inner,::map>")]
    public void Type_is_parsed_and_formatted(string text) => WireType.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData("")]
    [InlineData("map<")]
    [InlineData("map<int32")]
    [InlineData("map<int32,>")]
    [InlineData("int32??")]
    [InlineData("Acme.Pair{int")]
    [InlineData("Acme.Pair}")]
    public void Invalid_type_is_refused(string text) =>
        Should.Throw<LockFormatException>(() => WireType.Parse(text)).Message.ShouldContain("Expected a type");

    [Fact]
    public void Deeply_nested_type_is_refused() => Should.Throw<LockFormatException>(() =>
        WireType.Parse(string.Concat(Enumerable.Repeat("array<", 20_000)) + "int32" + new string('>', 20_000)));

    [Theory]
    [InlineData("global::Acme.Job", "Acme.Job")]
    [InlineData("global::Acme.Pair<int, string?>", "Acme.Pair{int,string?}")]
    [InlineData("global::Acme.Pair<(int A, int B), global::Acme.Job>.@event", "Acme.Pair{(int%20A,int%20B),Acme.Job}.event")]
    [InlineData("global::map", "::map")]
    [InlineData("global::Job", "Job")]
    public void Name_of_a_type_is_one_token(string type, string name)
    {
        WireType.NameOf(type).ShouldBe(name);
        WireType.Parse(name).ToString().ShouldBe(name);
    }

    [Fact]
    public void Lock_is_sorted_and_read_back()
    {
        LockFact[] facts =
        [
            LockFact.Parse("type Acme.Job map"),
            LockFact.Parse("service fleet"),
            LockFact.Parse("method fleet/RunAsync unary 0x0000002a"),
            LockFact.Parse("service fleet doc T:Acme.IFleet"),
        ];

        string text = LockFile.Format(facts, [LockFact.Parse("type Acme.Job member Id int32")]);

        text.Split('\n')[1..].ShouldBe([
            "method fleet/RunAsync unary 0x0000002a",
            "service fleet",
            "type Acme.Job map",
            "reserved type Acme.Job member Id int32",
            "",
        ]);
        LockFile read = LockFile.Parse(text);
        LockFile.Format(read.Model.Facts, read.Model.Reserved).ShouldBe(text);
        LockFile.Parse(text.Replace("\n", "\r\n", StringComparison.Ordinal)).Model.Facts.Count.ShouldBe(3);
    }

    [Fact]
    public void Added_fact_replaces_the_one_with_its_identity_and_nothing_else()
    {
        LockFile contractLock = LockFile.Parse(
            "type Acme.Job map\ntype Acme.Job member Id int32\nreserved type Acme.Job member Old int32\n");

        string text = contractLock.Add(
            [LockFact.Parse("type Acme.Job member Id int64"), LockFact.Parse("type Acme.Job member Name string")]);

        text.Split('\n')[1..].ShouldBe([
            "type Acme.Job map",
            "type Acme.Job member Id int64",
            "type Acme.Job member Name string",
            "reserved type Acme.Job member Old int32",
            "",
        ]);
    }

    [Theory]
    [InlineData("nonsense", 1, "docs/contract-lock.md")]
    [InlineData("service", 1, "a name")]
    [InlineData("service a\nmethod a/B unary", 2, "2 to 2 values")]
    [InlineData("service a b c", 1, "0 to 0 values")]
    [InlineData("type A member", 1, "values")]
    [InlineData("\n<<<<<<< ours\nservice a", 2, "merge conflict")]
    [InlineData("type A map\nservice a\ntype A array", 3, "contradicts line 1")]
    [InlineData("# TunnelRpc contract lock, format 2. \nservice a", 1, "newer version")]
    public void Text_that_is_no_lock_is_refused_with_its_line(string text, int line, string expected)
    {
        LockFormatException error = Should.Throw<LockFormatException>(() => LockFile.Parse(text));

        error.Line.ShouldBe(line);
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void Long_line_and_long_lock_are_refused()
    {
        Should.Throw<LockFormatException>(() => LockFile.Parse("service " + new string('a', LockFact.MaxLength)));
        Should.Throw<LockFormatException>(() => LockFile.Parse(new string('\n', LockFile.MaxLength + 1)));
    }

    [Fact]
    public void Facts_are_compacted_and_expanded()
    {
        LockFact[] facts =
        [
            LockFact.Parse("service fleet"),
            LockFact.Parse("service fleet ordered"),
            LockFact.Parse("method fleet/RunAsync unary 0x0000002a"),
            LockFact.Parse("method fleet/RunAsync parameter 0 Acme.Job job"),
            LockFact.Parse("method fleet/RunAsync result nil"),
            LockFact.Parse("method fleet/StopAsync one-way 0x0000002b"),
            LockFact.Parse("method fleets/RunAsync one-way 0x0000002c"),
            LockFact.Parse("type Acme.Job map"),
            LockFact.Parse("type Acme.Job member Id int32 required"),
            LockFact.Parse("enum Acme.Color int32"),
            LockFact.Parse("enum Acme.Color value Red 0"),
        ];

        string compact = AssemblyFacts.Compact(facts);

        compact.ShouldBe(
            "service fleet\n ordered\n/RunAsync unary 0x0000002a\n+0 Acme.Job job\n=nil\n/StopAsync one-way 0x0000002b\n"
            + "method fleets/RunAsync one-way 0x0000002c\ntype Acme.Job map\n+Id int32 required\nenum Acme.Color int32\n+Red 0");
        AssemblyFacts.Expand(compact).ShouldBe(facts);
        AssemblyFacts.Expand(compact + "\n" + compact).ShouldBe([.. facts, .. facts]);
        Should.Throw<LockFormatException>(() => AssemblyFacts.Expand(" ordered").ToList());
        Should.Throw<LockFormatException>(() => AssemblyFacts.Expand("+Red 0").ToList());
        Should.Throw<LockFormatException>(() => AssemblyFacts.Expand("type A map\n/RunAsync unary 0x0000002a").ToList());
    }
}
