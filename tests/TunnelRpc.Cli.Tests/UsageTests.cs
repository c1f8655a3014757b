namespace TunnelRpc.Cli.Tests;

/// <summary>Invalid command lines, and the help.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("Required command")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("Required argument", "probe")]
    [InlineData("got \"ops.example\"", "probe", "ops.example")]
    [InlineData("got \"ftp://ops.example\"", "probe", "ftp://ops.example")]
    [InlineData("got \"http://\"", "probe", "http://")]
    [InlineData("got \"carrier-pigeon\"", "probe", "http://127.0.0.1", "--transport", "carrier-pigeon")]
    [InlineData("each transport once", "probe", "http://127.0.0.1", "--transport", "upgrade", "--transport", "upgrade")]
    [InlineData("Expected --calls to be a number from 1", "probe", "http://127.0.0.1", "--calls", "0")]
    [InlineData("Expected --calls to be a number from 1", "probe", "http://127.0.0.1", "--calls", "many")]
    [InlineData("Expected --bytes to be a number from 0", "probe", "http://127.0.0.1", "--bytes", "-1")]
    [InlineData("Expected --timeout to be a number", "probe", "http://127.0.0.1", "--timeout", "NaN")]
    [InlineData("\"Name: value\"", "probe", "http://127.0.0.1", "--header", "Authorization")]
    [InlineData("got \"proxy:3128\"", "probe", "http://127.0.0.1", "--proxy", "user:s3cret@proxy:3128")]
    [InlineData("--unknown", "probe", "http://127.0.0.1", "--unknown")]
    [InlineData("must have no query", "probe", "http://127.0.0.1/tunnel?token=1")]
    [InlineData("must not hold a user name", "probe", "http://me:s3cret@127.0.0.1")]
    [InlineData("64 hexadecimal digits", "probe", "http://127.0.0.1", "--pin", "abc")]
    [InlineData("--urls", "serve")]
    [InlineData("got \"somewhere\"", "serve", "--urls", "somewhere")]
    [InlineData("without a path", "serve", "--urls", "http://127.0.0.1:0/tunnel")]
    [InlineData("begin with a slash", "serve", "--urls", "http://127.0.0.1:0", "--path", "tunnel")]
    [InlineData("--certificate to be", "serve", "--urls", "https://127.0.0.1:0", "--certificate", "there-is-no-such-file.pfx")]
    [InlineData("Expected --gateway to be a path", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/")]
    [InlineData("begin with a slash", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "apps")]
    [InlineData("Expected --gateway with --claims", "serve", "--urls", "http://127.0.0.1:0", "--claims", "any")]
    [InlineData("Expected --tokens", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/apps", "--claims", "user")]
    [InlineData("different paths", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/a", "--httpsock", "/a")]
    [InlineData("different paths", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/a", "--comet", "/a")]
    [InlineData("Expected --gateway with --reversehttp", "serve", "--urls", "http://127.0.0.1:0", "--ptth", "/claim")]
    [InlineData("Expected --reversehttp with", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/a", "--relay-to", "a.example")]
    [InlineData(
        "got \"http://a.example\"", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/a", "--reversehttp", "/r", "--relay-to",
        "http://a.example")]
    [InlineData("everyone", "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/apps", "--claims", "everyone")]
    [InlineData("--tokens to be a file", "serve", "--urls", "http://127.0.0.1:0", "--tokens", "there-is-no-such-file")]
    [InlineData("--name", "expose", "http://127.0.0.1:1", "--to", "http://127.0.0.1:1")]
    [InlineData("--to", "expose", "http://127.0.0.1:1", "--name", "shop")]
    [InlineData("Required argument", "expose", "--name", "shop", "--to", "http://127.0.0.1:1")]
    [InlineData("got \"Shop_1\"", "expose", "http://127.0.0.1:1", "--name", "Shop_1", "--to", "http://127.0.0.1:1")]
    [InlineData("got \"3000\"", "expose", "3000", "--name", "shop", "--to", "http://127.0.0.1:1")]
    [InlineData("without user, query", "expose", "http://127.0.0.1:1/?x", "--name", "shop", "--to", "http://127.0.0.1:1")]
    [InlineData("got \"a/b\"", "expose", "http://127.0.0.1:1", "--name", "shop", "--to", "http://127.0.0.1:1", "--host-header", "a/b")]
    [InlineData("must not hold a user name", "expose", "http://127.0.0.1:1", "--name", "shop", "--to", "http://me:s3cret@127.0.0.1")]
    public async Task Invalid_command_line_exits_with_2_and_a_message(string expected, params string[] arguments)
    {
        CommandResult result = await CommandResult.RunAsync(arguments);

        result.ExitCode.ShouldBe(2, result.Output + result.Error);
        result.Error.ShouldContain(expected);
        result.Error.ShouldNotContain("s3cret");
        result.Output.ShouldBe("");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("probe", "--help")]
    [InlineData("serve", "--help")]
    [InlineData("expose", "--help")]
    public async Task Help_exits_with_0(params string[] arguments)
    {
        CommandResult result = await CommandResult.RunAsync(arguments);

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain("Usage:");
    }
}
