namespace TunnelRpc.Cli.Tests.Contracts;

/// <summary>The commands that lock and compare contracts.</summary>
public sealed class ContractCommandTests : IDisposable
{
    private const string Lock = """
        service shop
        method shop/GetAsync unary 0x0000002a
        method shop/GetAsync parameter 0 int32 id
        method shop/GetAsync result string

        """;

    private readonly WorkingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Lock_of_an_assembly_has_its_services_methods_and_types()
    {
        string text = await File.ReadAllTextAsync(await _folder.LockAsync("a.lock"));

        text.ShouldContain("\nservice TunnelRpc.Probe\n");
        text.ShouldContain("\nmethod TunnelRpc.Probe/EchoAsync unary 0x");
        text.ShouldContain("\nmethod TunnelRpc.Probe/EchoAsync parameter 0 binary ");
        text.ShouldNotContain(" doc ");
        text.Split('\n')[1..^1].ShouldBe(text.Split('\n')[1..^1].Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Second_lock_changes_nothing()
    {
        string path = await _folder.LockAsync("a.lock");
        string before = await File.ReadAllTextAsync(path);

        CommandResult result = await CommandResult.RunAsync("contract", "lock", WorkingFolder.Assembly, "-o", path);

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain("No difference.");
        result.Output.ShouldContain("is up to date");
        (await File.ReadAllTextAsync(path)).ShouldBe(before);
        File.Exists(path + ".new").ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, "No difference.", "int32 id", "int32 id")]
    [InlineData(0, "1 adds to the contracts.", "int32 id", "int64 id")]
    [InlineData(0, "1 may surprise a peer.", "int32 id =5", "int32 id =6")]
    [InlineData(1, "1 breaks a peer.", "int32 id", "string id")]
    [InlineData(1, "1 breaks a peer.", "int64 id", "int32 id")]
    public async Task Check_exits_with_1_if_a_change_breaks_a_peer(int code, string expected, string before, string after)
    {
        string old = _folder.Write("old.lock", Lock.Replace("int32 id", before, StringComparison.Ordinal));
        string now = _folder.Write("new.lock", Lock.Replace("int32 id", after, StringComparison.Ordinal));

        CommandResult result = await CommandResult.RunAsync("contract", "check", now, "--against", old);

        result.ExitCode.ShouldBe(code, result.Output + result.Error);
        result.Output.ShouldContain(expected);
    }

    [Fact]
    public async Task Strict_check_exits_with_1_if_a_change_may_surprise_a_peer()
    {
        string old = _folder.Write("old.lock", Lock + "method shop/GetAsync idempotent\n");
        string now = _folder.Write("new.lock", Lock);

        CommandResult result = await CommandResult.RunAsync("contract", "check", now, "--against", old, "--strict");

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("surprises  shop/GetAsync: it is no longer idempotent: an older client still repeats it");
    }

    [Fact]
    public async Task Diff_lists_additions_too_and_says_which_side_breaks()
    {
        string old = _folder.Write("old.lock", Lock);
        string now = _folder.Write(
            "new.lock",
            Lock.Replace("int32 id", "string id", StringComparison.Ordinal)
                + "method shop/DropAsync unary 0x0000002b\nmethod shop/DropAsync result nil\n");

        CommandResult result = await CommandResult.RunAsync("contract", "diff", old, now);

        result.ExitCode.ShouldBe(1);
        result.Output.ReplaceLineEndings("\n").ShouldBe("""
            breaks     shop/GetAsync, the parameter 'id': int32 became string: SENT.
            adds       'method shop/DropAsync result nil' is new.
            adds       'method shop/DropAsync unary 0x0000002b' is new.
            1 breaks a peer, 2 add to the contracts.

            """.Replace("SENT", "an older client still sends int32, which a newer server cannot read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lock_does_not_accept_a_break_by_itself_and_reserves_what_it_removes()
    {
        string target = _folder.Write("a.lock", Lock);
        string now = _folder.Write("new.lock", "service shop\nmethod shop/FindAsync one-way 0x0000002b\n");

        CommandResult refused = await CommandResult.RunAsync("contract", "lock", now, "-o", target);
        string kept = await File.ReadAllTextAsync(target);
        CommandResult accepted = await CommandResult.RunAsync("contract", "lock", now, "-o", target, "--accept");

        refused.ExitCode.ShouldBe(1);
        refused.Output.ShouldContain("--accept");
        kept.ShouldBe(Lock);
        accepted.ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(target))[1..].ShouldBe([
            "method shop/FindAsync one-way 0x0000002b",
            "reserved method shop/GetAsync unary 0x0000002a",
            "service shop",
        ]);
        CommandResult check = await CommandResult.RunAsync("contract", "check", target, "--against", _folder.Write("old.lock", Lock));
        check.ExitCode.ShouldBe(0, check.Output);
        CommandResult reuse = await CommandResult.RunAsync("contract", "check", _folder.Write("again.lock", Lock), "--against", target);
        reuse.ExitCode.ShouldBe(1);
        reuse.Output.ShouldContain("uses again what is reserved");
    }

    [Theory]
    [InlineData("type Acme.Job member Name string", "type Acme.Job member Name int32")]
    [InlineData("type Acme.Job member Name string", "type Acme.Job member Name string")]
    [InlineData("type Acme.Point member 1 int32 Y", "type Acme.Point member 1 int32 Z")]
    [InlineData("type Acme.Shape case 1 int32", "type Acme.Shape case 1 int64")]
    [InlineData("enum Acme.Kind value B 1", "enum Acme.Kind value C 1")]
    [InlineData("enum Acme.Kind value B 1", "enum Acme.Kind value B 2")]
    [InlineData("method shop/PutAsync parameter 1 int32 count =5", "method shop/PutAsync parameter 1 int32 size =5")]
    [InlineData("method shop/PutAsync fault gone string", "method shop/PutAsync fault gone int32")]
    [InlineData("method shop/StopAsync unary 0x0000002b", "method shop/StopAsync one-way 0x0000002b")]
    [InlineData("service other", "service other")]
    public async Task What_an_accepted_change_removes_stays_reserved_and_is_not_used_again(string removed, string reused)
    {
        const string Kept = """
            enum Acme.Kind int32
            enum Acme.Kind value A 0
            method shop/PutAsync parameter 0 Acme.Job job
            method shop/PutAsync result nil
            method shop/PutAsync unary 0x0000002a
            service shop
            type Acme.Job map
            type Acme.Job member Kind Acme.Kind
            type Acme.Job member Point Acme.Point
            type Acme.Job member Shape Acme.Shape
            type Acme.Point array
            type Acme.Point member 0 int32 X
            type Acme.Shape case 0 string
            type Acme.Shape union

            """;
        string target = _folder.Write("a.lock", Kept + removed + "\n");
        string now = _folder.Write("new.lock", Kept);
        string again = _folder.Write("again.lock", Kept + reused + "\n");

        CommandResult accepted = await CommandResult.RunAsync("contract", "lock", now, "-o", target, "--accept");
        CommandResult unchanged = await CommandResult.RunAsync("contract", "check", now, "--against", target);
        CommandResult reuse = await CommandResult.RunAsync("contract", "lock", again, "-o", target);

        accepted.ExitCode.ShouldBe(0, accepted.Output + accepted.Error);
        unchanged.Output.ShouldContain("No difference.");
        reuse.ExitCode.ShouldBe(1, reuse.Output + reuse.Error);
        reuse.Output.ShouldContain($"uses again what is reserved by '{removed}'");
        (await File.ReadAllLinesAsync(target)).ShouldContain("reserved " + removed);
    }

    [Fact]
    public async Task Package_and_its_assembly_have_the_same_contracts()
    {
        byte[] library = await File.ReadAllBytesAsync(WorkingFolder.Assembly);
        string package = _folder.Pack("a.nupkg", ("lib/net10.0/TunnelRpc.dll", library), ("tools/other.dll", [1, 2, 3]));

        CommandResult result = await CommandResult.RunAsync("contract", "diff", package, WorkingFolder.Assembly);

        result.ExitCode.ShouldBe(0, result.Error);
        result.Output.Trim().ShouldBe("No difference.");
    }

    [Theory]
    [InlineData("contract", "--help")]
    [InlineData("contract", "lock", "--help")]
    [InlineData("contract", "check", "--help")]
    [InlineData("contract", "diff", "--help")]
    [InlineData("contract", "export", "--help")]
    public async Task Help_exits_with_0_and_has_examples(params string[] arguments)
    {
        CommandResult result = await CommandResult.RunAsync(arguments);

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain("Usage:");
        if (arguments.Length > 2)
        {
            result.Output.ShouldContain($"  tunnelrpc contract {arguments[1]} ");
            result.Output.ShouldContain("Exit code:");
        }
    }
}
