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
    public async Task Help_exits_with_0(params string[] arguments)
    {
        CommandResult result = await CommandResult.RunAsync(arguments);

        result.ExitCode.ShouldBe(0);
        result.Output.ShouldContain("Usage:");
    }
}
