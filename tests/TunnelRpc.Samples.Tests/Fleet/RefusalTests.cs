using System.Net;
using global::Fleet.Contracts;
using global::Fleet.Operators;
using global::Fleet.Server;
using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Tests the requests that the server or an agent refuses.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("malformed")]
    [InlineData("of another key")]
    [InlineData("expired")]
    public async Task Connect_without_valid_token_is_refused_with_401(string kind)
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        string? token = kind switch
        {
            "none" => null,
            "malformed" => "wrong",
            "expired" => fleet.Tokens.Issue("olga", FleetRoles.Operator, TimeSpan.FromMinutes(-1)),
            _ => FleetTokens.WithNewKey().Issue("olga", FleetRoles.Operator, FleetApp.TokenLifetime),
        };

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => OperatorConnection.ConnectAsync(fleet.Address, _ => new(token), null, CancellationToken.None).WaitAsync(FleetApp.Guard));

        error.Report.Attempts.Where(a => a.HttpStatus is not null).ShouldNotBeEmpty();
        error.Report.Attempts.Where(a => a.HttpStatus is not null).ShouldAllBe(a => a.HttpStatus == (int)HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Call_with_the_token_of_another_role_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        await using TunnelClient agent = await ConnectAsync(fleet, "mole", FleetRoles.Agent);
        await using TunnelClient operators = await ConnectAsync(fleet, "olga", FleetRoles.Operator);
        IOperator asAgent = agent.Get<IOperator>();

        Func<Task>[] refused =
        [
            () => asAgent.ListAsync(),
            () => DrainAsync(asAgent.RunAsync("berlin", "runtimes", [])),
            () => DrainAsync(asAgent.TailAsync("berlin", "app.log")),
            () => asAgent.UploadAsync("berlin", "a.bin", new MemoryStream([1]), new RecordedProgress()),
            () => asAgent.BroadcastAsync(null, "hello"),
            () => operators.Get<IFleet>().RegisterAsync(new AgentDescription("olga", [], [], null)),
        ];

        foreach (Func<Task> call in refused)
        {
            TunnelException error = await Should.ThrowAsync<TunnelException>(() => call().WaitAsync(FleetApp.Guard));
            error.Status.ShouldBe(TunnelStatus.PermissionDenied);
            error.Message.ShouldStartWith("The user of the session may not call ");
        }

        (await operators.Get<IOperator>().ListAsync().WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_with_the_token_of_another_agent_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        await using TunnelClient mole = await ConnectAsync(fleet, "mole", FleetRoles.Agent);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => mole.Get<IFleet>().RegisterAsync(new AgentDescription("berlin", [], [], null)).WaitAsync(FleetApp.Guard));

        error.Status.ShouldBe(TunnelStatus.PermissionDenied);
        error.Message.ShouldStartWith("The token is not that of an agent berlin");
        (await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
    }

    [Fact]
    public void Key_of_less_than_32_bytes_is_refused() =>
        Should.Throw<ArgumentException>(() => new FleetTokens(new byte[31]))
            .Message.ShouldStartWith("Expected a key of at least 32 bytes, got 31.");

    [Fact]
    public async Task Run_with_unlisted_command_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => DrainAsync(fleet.Operator.RunAsync("berlin", "sh", ["-c", "id"])));

        error.Status.ShouldBe(TunnelStatus.PermissionDenied);
        error.Message.ShouldBe("berlin does not run that command. It runs: broken, dotnet, endless, runtimes.");
        fleet.Log.Lines.ShouldNotContain(l => l.StartsWith("berlin runs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_with_arguments_for_a_command_without_them_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => DrainAsync(fleet.Operator.RunAsync("berlin", "runtimes", ["--help"])));

        error.Status.ShouldBe(TunnelStatus.PermissionDenied);
        fleet.Log.Lines.ShouldNotContain(l => l.StartsWith("berlin runs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_passes_arguments_unchanged_and_without_a_shell()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        var lines = new List<string>();

        await foreach (CommandOutput output in fleet.Operator.RunAsync("berlin", "dotnet", ["--version;echo injected"]))
        {
            lines.Add(output.ToString());
        }

        lines.ShouldNotContain(l => l.Contains("Text = injected"));
        lines[^1].ShouldNotBe(new CommandExit(0).ToString());
    }

    [Theory]
    [InlineData("../escaped.bin")]
    [InlineData("..")]
    [InlineData("/tmp/escaped.bin")]
    [InlineData("sub/escaped.bin")]
    [InlineData("..\\escaped.bin")]
    [InlineData("C:escaped.bin")]
    [InlineData("escaped.bin\0")]
    [InlineData(".hidden")]
    [InlineData("")]
    public async Task Upload_outside_of_the_inbox_is_refused(string name)
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string[] before = Everything(fleet);

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => fleet.Operator
                .UploadAsync("boston", name, new MemoryStream([1, 2, 3]), new RecordedProgress())
                .WaitAsync(FleetApp.Guard));

        error.Status.ShouldBe(TunnelStatus.InvalidArgument);
        error.Message.ShouldContain("plain file name");
        Everything(fleet).ShouldBe(before);
    }

    [Theory]
    [InlineData("../inbox/secret.txt")]
    [InlineData("/etc/hostname")]
    public async Task Tail_outside_of_the_logs_is_refused(string name)
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        await File.WriteAllTextAsync(fleet.FileOf("boston", "inbox", "secret.txt"), "secret\n");

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => DrainAsync(fleet.Operator.TailAsync("boston", name)));

        error.Status.ShouldBe(TunnelStatus.InvalidArgument);
    }

    [Fact]
    public async Task Upload_above_MaxUpload_is_refused_and_leaves_no_file()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("small", [], null, o => o with { MaxUpload = 1000 });
        await fleet.Log.WaitForAsync("The agent small joined");

        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => fleet.Operator
                .UploadAsync("small", "big.bin", new MemoryStream(new byte[1001]), new RecordedProgress())
                .WaitAsync(FleetApp.Guard));

        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("MaxUpload");
        Directory.GetFiles(fleet.FileOf("small", "inbox")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_with_invalid_name_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("[red]bad[/]", [], null);

        await fleet.Log.WaitForAsync("[red]bad[/] cannot join the fleet: The names of an agent");

        (await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
    }

    private static Task<TunnelClient> ConnectAsync(FleetApp fleet, string name, string role) => TunnelClient.ConnectAsync(
        fleet.Address, o => o.AccessTokenProvider = fleet.Tokens.ProviderFor(name, role, FleetApp.TokenLifetime));

    private static string[] Everything(FleetApp fleet) =>
        [.. Directory.EnumerateFileSystemEntries(fleet.FileOf(""), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
        where T : class
    {
        using var guard = new CancellationTokenSource(FleetApp.Guard);
        await foreach (T item in items.WithCancellation(guard.Token))
        {
            item.ShouldNotBeNull();
        }
    }
}
