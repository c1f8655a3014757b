using System.Net;
using global::Fleet.Contracts;
using global::Fleet.Operators;
using Shouldly;
using TunnelRpc.Client;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>Tests the requests that the server or an agent refuses.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task Connect_without_valid_token_is_refused_with_401(string token)
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(
            () => OperatorConnection.ConnectAsync(fleet.Address, token, null, CancellationToken.None).WaitAsync(FleetApp.Guard));

        error.Report.Attempts.Where(a => a.HttpStatus is not null).ShouldNotBeEmpty();
        error.Report.Attempts.Where(a => a.HttpStatus is not null).ShouldAllBe(a => a.HttpStatus == (int)HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Call_with_the_token_of_another_role_is_refused()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        await using TunnelClient agent = await TunnelClient.ConnectAsync(
            fleet.Address, o => o.Headers["Authorization"] = "Bearer " + FleetApp.AgentToken);
        await using TunnelClient operators = await TunnelClient.ConnectAsync(
            fleet.Address, o => o.Headers["Authorization"] = "Bearer " + FleetApp.OperatorToken);

        TunnelException asOperator = await Should.ThrowAsync<TunnelException>(
            () => agent.Get<IOperator>().ListAsync().WaitAsync(FleetApp.Guard));
        TunnelException asAgent = await Should.ThrowAsync<TunnelException>(
            () => operators.Get<IFleet>().RegisterAsync(new AgentDescription("mole", [], [], null)).WaitAsync(FleetApp.Guard));

        (asOperator.Status, asAgent.Status).ShouldBe((TunnelStatus.PermissionDenied, TunnelStatus.PermissionDenied));
        asOperator.Message.ShouldContain("is for the role operator");
        (await operators.Get<IOperator>().ListAsync().WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
    }

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
