namespace TunnelRpc.Cli.Tests;

/// <summary>Credentials on the command line of "tunnelrpc probe" do not appear in its output.</summary>
public sealed class ProbeSecretTests
{
    private const string Secret = "s3cr3t";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Credentials_of_a_probe_that_succeeds_are_not_printed(bool json)
    {
        await using TestServer server = await TestServer.StartAsync();

        await ShouldNotPrintSecretsAsync(server.Address, json, exitCode: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Credentials_of_a_probe_that_fails_are_not_printed(bool json)
    {
        await using TestServer server = await TestServer.StartAsync();

        await ShouldNotPrintSecretsAsync(server.Root + "/elsewhere", json, exitCode: 1);
        await ShouldNotPrintSecretsAsync(
            server.Address, json, exitCode: 1, "--proxy", $"http://ann:{Secret}@127.0.0.1:1", "--transport", "connect");
        await ShouldNotPrintSecretsAsync(
            server.Address, json, exitCode: 1, "--proxy", "http://127.0.0.1:1", "--proxy-user", $"ann:{Secret}", "--transport", "connect");
    }

    [Theory]
    [InlineData($"http://127.0.0.1:1/tunnel?access_token={Secret}")]
    [InlineData($"http://127.0.0.1:1/tunnel#{Secret}")]
    [InlineData($"http://ann:{Secret}@127.0.0.1:1/tunnel")]
    public async Task Credentials_in_an_address_that_is_refused_are_not_printed(string address) =>
        await ShouldNotPrintSecretsAsync(address, json: false, exitCode: 2);

    private static async Task ShouldNotPrintSecretsAsync(string address, bool json, int exitCode, params string[] more)
    {
        string[] arguments =
        [
            "probe", address, "--calls", "1", "--timeout", "10",
            "--header", $"Authorization: Bearer {Secret}", "--header", $"Cookie: session={Secret}",
            .. json ? (string[])["--json"] : [], .. more,
        ];

        CommandResult result = await CommandResult.RunAsync(arguments);

        result.ExitCode.ShouldBe(exitCode, result.Output + result.Error);
        (result.Output + result.Error).ShouldNotContain(Secret);
    }
}
