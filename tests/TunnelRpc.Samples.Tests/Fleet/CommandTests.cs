using global::Fleet;
using global::Fleet.Server;
using Shouldly;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Tests the command line of the separate programs.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("server --url http://127.0.0.1:5080")]
    [InlineData("token berlin --role agent --minutes 5")]
    [InlineData("agent --server https://fleet.example --proxy http://127.0.0.1:3128 --token-file berlin.token --name berlin --group eu")]
    [InlineData("operator tail berlin app.log --lines 3 --server http://127.0.0.1:5080 --token-file olga.token")]
    public void Command_of_the_readme_is_valid(string command) => FleetCommands.Create().Parse(command).Errors.ShouldBeEmpty();

    [Theory]
    [InlineData("server --url 127.0.0.1:5080", "Expected an http or https URL, got '127.0.0.1:5080'.")]
    [InlineData("token berlin --role root", "Argument 'root' not recognized.")]
    [InlineData("operator list --server http://127.0.0.1:5080", "Option '--token-file' is required.")]
    public void Invalid_command_is_refused_with_the_reason(string command, string reason) =>
        FleetCommands.Create().Parse(command).Errors.ShouldHaveSingleItem().Message.ShouldStartWith(reason);

    [Theory]
    [InlineData(FleetRoles.Operator, 0)]
    [InlineData(FleetRoles.Agent, 1)]
    public async Task Operator_command_exits_with_0_for_the_token_of_an_operator_only(string role, int code)
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string file = fleet.FileOf("", "olga.token");
        await File.WriteAllTextAsync(file, fleet.Tokens.Issue("olga", role, FleetApp.TokenLifetime) + Environment.NewLine);

        int exit = await FleetCommands.Create()
            .Parse(["operator", "run", "berlin", "runtimes", "--server", fleet.Address.ToString(), "--token-file", file])
            .InvokeAsync()
            .WaitAsync(FleetApp.Guard);

        exit.ShouldBe(code);
    }
}
