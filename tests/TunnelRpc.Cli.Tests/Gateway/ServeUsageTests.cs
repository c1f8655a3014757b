namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>Options of "tunnelrpc serve" that contradict each other or cannot be used.</summary>
public sealed class ServeUsageTests
{
    private const string Secret = "s3cret-s3cret-s3cret";

    [Theory]
    [InlineData("Expected --reversehttp to begin with a slash", "--reversehttp", "reversehttp")]
    [InlineData("Expected --comet to be a path such as /comet, got \"/comet/\"", "--comet", "/comet/")]
    [InlineData("Expected --ptth to be a path such as /ptth, got \"/\"", "--ptth", "/")]
    [InlineData("Expected --raw to begin with a slash", "--raw", "/raw/{name}")]
    [InlineData("Expected --httpsock to begin with a slash", "--httpsock", "/sock?x")]
    [InlineData("got the same twice", "--raw", "/apps")]
    [InlineData("got the same twice", "--comet", "/queue", "--raw", "/QUEUE")]
    [InlineData("got the same twice", "--httpsock", "/tunnel")]
    [InlineData("got the same twice", "--reversehttp", "/tunnel")]
    [InlineData("got the same twice", "--path", "/apps")]
    [InlineData("got the same twice", "--path", "/apps/")]
    [InlineData("'all'", "--claims", "all")]
    [InlineData("--claims", "--claims")]
    public async Task Option_that_cannot_be_used_exits_with_2_and_a_message(string expected, params string[] arguments)
    {
        CommandResult result = await CommandResult.RunAsync(["serve", "--urls", "http://127.0.0.1:0", "--gateway", "/apps", .. arguments]);

        result.ExitCode.ShouldBe(2, result.Output + result.Error);
        result.Error.ShouldContain(expected);
        result.Output.ShouldBe("");
    }

    [Theory]
    [InlineData("--reversehttp")]
    [InlineData("--comet")]
    [InlineData("--ptth")]
    [InlineData("--raw")]
    public async Task Dialect_without_a_gateway_exits_with_2_and_a_message(string option)
    {
        CommandResult result = await CommandResult.RunAsync("serve", "--urls", "http://127.0.0.1:0", option, "/path");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("Expected --gateway with --reversehttp, --comet, --ptth and --raw");
    }

    [Theory]
    [InlineData(1, "ann\n")]
    [InlineData(1, "ann short\n")]
    [InlineData(2, $"# a comment\nann {Secret} more\n")]
    [InlineData(3, $"ann {Secret}\n\nbob {Secret}\n")]
    public async Task Line_of_the_token_file_that_is_no_user_exits_with_2_and_its_number(int line, string text)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text);
            CommandResult result = await CommandResult.RunAsync(
                "serve", "--urls", "http://127.0.0.1:0", "--gateway", "/apps", "--claims", "user", "--tokens", file);

            result.ExitCode.ShouldBe(2, result.Output + result.Error);
            result.Error.ShouldContain($"Expected line {line} of {file}");
            result.Error.ShouldNotContain("s3cret");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Token_file_of_more_than_1_MiB_exits_with_2()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, new string('#', (1 << 20) + 1));
            CommandResult result = await CommandResult.RunAsync("serve", "--urls", "http://127.0.0.1:0", "--tokens", file);

            result.ExitCode.ShouldBe(2);
            result.Error.ShouldContain("at most 1 MiB, got 1048577 bytes");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
