using Shouldly;
using TunnelRpc.Compatibility;
using TunnelRpc.Diagnostics;
using TunnelRpc.Generators.Locks;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Versions;

/// <summary>The comparison of contracts as a client that shows any facts sees it.</summary>
public sealed class ContractComparisonTests
{
    private static readonly DeclaredContract Greeter =
        DeclaredContracts.Of(typeof(IVersionedGreeter).Assembly).Find("greeter.versioned").ShouldNotBeNull();

    [Fact]
    public void Contract_has_the_facts_about_its_types_and_no_others()
    {
        string[] facts = [.. Greeter.Facts.Select(f => f.Text)];

        facts.ShouldContain("service greeter.versioned");
        facts.ShouldContain(f => f.StartsWith("method greeter.versioned/GreetAsync unary 0x", StringComparison.Ordinal));
        facts.ShouldContain(f => f.StartsWith("type ", StringComparison.Ordinal) && f.Contains(" member Name string"));
        facts.ShouldAllBe(f => !f.Contains("TunnelRpc.Probe") && !f.Contains(" doc "));
        facts.ShouldBe(facts.Order(StringComparer.Ordinal));
        DeclaredContracts.Of(typeof(IVersionedGreeter).Assembly).Find("no.such.contract").ShouldBeNull();
    }

    [Fact]
    public void Fingerprint_depends_on_each_fact()
    {
        ulong[] fingerprints =
        [
            Greeter.Fingerprint,
            .. Greeter.Facts.Select(left => DeclaredContracts.ComputeFingerprint(Greeter.Facts.Where(f => f != left))),
        ];

        fingerprints.ShouldBeUnique();
        DeclaredContracts.ComputeFingerprint(Greeter.Facts).ShouldBe(Greeter.Fingerprint);
    }

    [Fact]
    public async Task Same_facts_have_no_differences()
    {
        (await CompareAsync("greeter.versioned", Greeter.ToText())).Differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Method_that_the_server_lacks_is_named()
    {
        ContractComparisonResult result = await CompareAsync(
            "greeter.versioned", Greeter.ToText() + "\nmethod greeter.versioned/ByeAsync unary 0x00000001");

        result.IsBreaking.ShouldBeTrue();
        result.Differences.ShouldHaveSingleItem().ShouldContain("The method 'greeter.versioned/ByeAsync' is removed");
    }

    [Fact]
    public async Task What_only_the_server_has_is_not_shown()
    {
        ContractComparisonResult result = await CompareAsync("greeter.versioned", "service greeter.versioned");

        result.Differences.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("no.such.contract")]
    [InlineData("TunnelRpc.Probe")]
    [InlineData("")]
    public async Task Contract_that_the_server_does_not_serve_is_not_found(string service)
    {
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => CompareAsync(service, "service x"));

        refused.Status.ShouldBe(TunnelStatus.NotFound);
    }

    public static TheoryData<string> UnreadableFacts =>
    [
        "",
        "hello",
        "service",
        "method greeter.versioned/GreetAsync unary",
        "service greeter.versioned\nservice greeter.versioned\nmethod greeter.versioned/GreetAsync unary 0x1\n"
            + "method greeter.versioned/GreetAsync duplex 0x2",
        "service greeter.versioned " + new string('x', 2_000),
        new string('x', ContractComparisonService.MaxFactsLength + 1),
    ];

    [Theory]
    [MemberData(nameof(UnreadableFacts))]
    public async Task Unreadable_facts_are_an_invalid_argument(string facts)
    {
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => CompareAsync("greeter.versioned", facts));

        refused.Status.ShouldBe(TunnelStatus.InvalidArgument);
    }

    [Fact]
    public async Task Types_that_nest_without_end_are_an_invalid_argument()
    {
        // A server's recursive type, and a client's chain of types that is longer than the stack allows.
        string method = Greeter.Facts.Single(f => f is { Kind: LockFact.Method, Aspect: "" }).Text;
        IEnumerable<string> chain = Enumerable.Range(0, 2_000).SelectMany(i => new[]
        {
            $"type T{i} map",
            $"type T{i} member Next T{i + 1}?",
        });
        string facts = string.Join('\n', [
            "service greeter.versioned", method, "method greeter.versioned/GreetAsync parameter 0 T0 greeting", .. chain]);

        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => CompareAsync("greeter.versioned", facts));

        refused.Status.ShouldBe(TunnelStatus.InvalidArgument);
        refused.Message.ShouldContain("256");
    }

    private static async Task<ContractComparisonResult> CompareAsync(string service, string facts)
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IVersionedGreeter>(new VersionedGreeter());
        return await host.Get<IContractComparison>().CompareAsync(service, facts).DefaultTimeout();
    }
}
