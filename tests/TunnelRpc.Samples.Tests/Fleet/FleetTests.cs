using System.Diagnostics;
using System.Security.Cryptography;
using global::Fleet.Contracts;
using Shouldly;
using TunnelRpc.Testing.Time;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>End-to-end tests of an operator, the server and the agents.</summary>
public sealed class FleetTests
{
    [Fact]
    public async Task List_returns_every_agent_with_its_transport()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<AgentInfo> agents = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);

        agents.Select(a => (a.Name, string.Join(',', a.Groups), a.Transport))
            .ShouldBe([("berlin", "eu", "connect"), ("boston", "us", "upgrade"), ("paris", "eu", "connect")]);
        agents[0].Commands.ShouldBe(["broken", "dotnet", "endless", "runtimes"]);
        agents.ShouldAllBe(a => a.Address!.StartsWith("127.0.0.1:"));
        fleet.Proxy.Heads.Count(h => h.StartsWith("CONNECT ", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Run_returns_output_lines_and_then_the_exit_code()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        List<CommandOutput> output = await ToListAsync(fleet.Operator.RunAsync("berlin", "runtimes", []));

        output[..^1].Cast<OutputLine>().ShouldContain(l => !l.IsError && l.Text.StartsWith("Microsoft.NETCore.App "));
        output[^1].ShouldBe(new CommandExit(0));
    }

    [Fact]
    public async Task Run_of_failing_command_returns_error_lines_and_exit_code()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        List<CommandOutput> output = await ToListAsync(fleet.Operator.RunAsync("paris", "broken", []));

        output[..^1].Cast<OutputLine>().ShouldContain(l => l.IsError && l.Text.Length > 0);
        output[^1].ShouldBeOfType<CommandExit>().Code.ShouldNotBe(0);
    }

    [Fact]
    public async Task Run_abandoned_by_the_reader_ends_the_command()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        int id = 0;

        await foreach (CommandOutput output in fleet.Operator.RunAsync("boston", "endless", []))
        {
            id = int.Parse(output.ShouldBeOfType<OutputLine>().Text);
            Process.GetProcessById(id).HasExited.ShouldBeFalse();
            break;
        }

        await fleet.Log.WaitForAsync("boston ended endless.");
        Should.Throw<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task Tail_returns_the_last_lines_and_then_appended_lines()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string log = fleet.FileOf("berlin", "logs", "app.log");
        await File.WriteAllTextAsync(log, "one\ntwo\nthree\n");

        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log", 2).GetAsyncEnumerator();
        string[] existing = [await NextAsync(tail), await NextAsync(tail)];
        await File.AppendAllTextAsync(log, "four\nfi");
        string four = await NextAsync(tail);
        await File.AppendAllTextAsync(log, "ve\n");
        string five = await NextAsync(tail);

        existing.ShouldBe(["two", "three"]);
        (four, five).ShouldBe(("four", "five"));
    }

    [Fact]
    public async Task Tail_abandoned_by_the_reader_closes_the_file()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string log = fleet.FileOf("paris", "logs", "app.log");
        await File.WriteAllTextAsync(log, "one\n");

        await foreach (string line in fleet.Operator.TailAsync("paris", "app.log"))
        {
            line.ShouldBe("one");
            fleet.Log.Lines.ShouldNotContain("paris closed the log app.log.");
            OpenFiles().ShouldContain(log);
            break;
        }

        await fleet.Log.WaitForAsync("paris closed the log app.log.");
        OpenFiles().ShouldNotContain(log);
    }

    [Fact]
    public async Task Tail_of_truncated_log_continues_at_its_beginning()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string log = fleet.FileOf("berlin", "logs", "app.log");
        await File.WriteAllTextAsync(log, "a long first line\n");

        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log").GetAsyncEnumerator();
        string first = await NextAsync(tail);
        await File.WriteAllTextAsync(log, "new\n");

        (first, await NextAsync(tail)).ShouldBe(("a long first line", "new"));
    }

    [Fact]
    public async Task Upload_stores_the_content_and_reports_rising_progress_up_to_its_size()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        byte[] content = RandomNumberGenerator.GetBytes(3_000_017);
        var progress = new RecordedProgress();

        StoredFile stored = await fleet.Operator
            .UploadAsync("berlin", "release.bin", new MemoryStream(content), progress)
            .WaitAsync(FleetApp.Guard);

        stored.ShouldBe(new StoredFile("release.bin", content.Length, Convert.ToHexString(SHA256.HashData(content))));
        SHA256.HashData(await File.ReadAllBytesAsync(fleet.FileOf("berlin", "inbox", "release.bin"))).ShouldBe(SHA256.HashData(content));
        long[] reports = [.. progress.Reports];
        reports.ShouldBe(reports.Order());
        reports[^1].ShouldBe(content.Length);
    }

    [Fact]
    public async Task Broadcast_to_group_reaches_only_its_agents()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<Delivery> deliveries = await fleet.Operator.BroadcastAsync("eu", "Maintenance at noon.").WaitAsync(FleetApp.Guard);

        deliveries.ShouldBe([new Delivery("berlin", null), new Delivery("paris", null)]);
        fleet.Log.Lines.Where(l => l.EndsWith("shows: Maintenance at noon.", StringComparison.Ordinal)).Order()
            .ShouldBe(["berlin shows: Maintenance at noon.", "paris shows: Maintenance at noon."]);
    }

    [Fact]
    public async Task Broadcast_without_group_reaches_every_agent()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<Delivery> deliveries = await fleet.Operator.BroadcastAsync(null, "Hello.").WaitAsync(FleetApp.Guard);

        deliveries.ShouldBe([new Delivery("berlin", null), new Delivery("boston", null), new Delivery("paris", null)]);
    }

    [Fact]
    public async Task Agent_that_leaves_is_removed_from_the_list()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        await fleet.Agent(2).DisposeAsync();
        await fleet.Log.WaitForAsync("The agent boston left.");

        (await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard)).Select(a => a.Name).ShouldBe(["berlin", "paris"]);
        (await fleet.Operator.BroadcastAsync("us", "Hello?").WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
        TunnelException error = await Should.ThrowAsync<TunnelException>(
            () => ToListAsync(fleet.Operator.RunAsync("boston", "runtimes", [])));
        error.Status.ShouldBe(TunnelStatus.NotFound);
        error.Message.ShouldBe("No agent boston is connected. Connected are: berlin, paris.");
    }

    [Fact]
    public async Task Tail_continues_after_the_path_of_the_agent_is_cut()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("berlin", ["eu"], fleet.Proxy.Address);
        await fleet.Log.WaitForAsync("The agent berlin joined");
        string log = fleet.FileOf("berlin", "logs", "app.log");
        await File.WriteAllTextAsync(log, "one\n");
        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log").GetAsyncEnumerator();
        (await NextAsync(tail)).ShouldBe("one");

        fleet.Proxy.Cut();
        await File.AppendAllTextAsync(log, "two\n");

        (await NextAsync(tail)).ShouldBe("two");
        (await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard)).ShouldHaveSingleItem().Name.ShouldBe("berlin");
    }

    [Fact]
    public async Task Disconnected_agent_fails_its_calls_leaves_the_list_and_joins_again()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        var clock = new FakeTimeProvider();
        var delay = TimeSpan.FromMinutes(1);
        fleet.StartAgent(
            "berlin",
            ["eu"],
            fleet.Proxy.Address,
            o => o with { TimeProvider = clock, ReconnectDelay = delay, ResumeWindow = TimeSpan.Zero });
        fleet.StartAgent("boston", ["us"], null);
        await fleet.Log.WaitForAsync("The agent berlin joined");
        await fleet.Log.WaitForAsync("The agent boston joined");
        await File.WriteAllTextAsync(fleet.FileOf("berlin", "logs", "app.log"), "one\n");
        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log").GetAsyncEnumerator();
        await NextAsync(tail);

        fleet.Proxy.Cut();
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => NextAsync(tail));
        await fleet.Log.WaitForAsync("The agent berlin left.");
        IReadOnlyList<AgentInfo> remaining = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);
        IReadOnlyList<Delivery> deliveriesWithoutAgent = await fleet.Operator.BroadcastAsync("eu", "Hello?").WaitAsync(FleetApp.Guard);

        // The clock of the agent stands still, so the agent reconnects only when the test advances the clock.
        await fleet.Log.WaitForAsync("berlin closed the log app.log.");
        await clock.WhenTimerDueAsync(delay).WaitAsync(FleetApp.Guard);
        clock.Advance(delay);
        await fleet.Log.WaitForAsync("The agent berlin joined", count: 2);
        IReadOnlyList<AgentInfo> rejoined = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);
        IReadOnlyList<Delivery> deliveries = await fleet.Operator.BroadcastAsync("eu", "Welcome back.").WaitAsync(FleetApp.Guard);

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldStartWith("The agent berlin was disconnected:");
        remaining.Select(a => a.Name).ShouldBe(["boston"]);
        deliveriesWithoutAgent.ShouldBeEmpty();
        rejoined.Select(a => a.Name).ShouldBe(["berlin", "boston"]);
        deliveries.ShouldBe([new Delivery("berlin", null)]);
        (await ToListAsync(fleet.Operator.RunAsync("berlin", "runtimes", [])))[^1].ShouldBe(new CommandExit(0));
    }

    [Fact]
    public async Task Upload_to_disconnected_agent_fails_and_leaves_no_file()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("berlin", ["eu"], fleet.Proxy.Address, o => o with { ResumeWindow = TimeSpan.Zero });
        await fleet.Log.WaitForAsync("The agent berlin joined");
        await using var content = new StalledStream(RandomNumberGenerator.GetBytes(100_000));
        Task<StoredFile> upload = fleet.Operator.UploadAsync("berlin", "half.bin", content, new RecordedProgress());
        await content.Drained.WaitAsync(FleetApp.Guard);

        fleet.Proxy.Cut();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => upload.WaitAsync(FleetApp.Guard));
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldStartWith("The agent berlin was disconnected:");
        await fleet.Log.WaitForAsync("The agent berlin joined", count: 2);
        await fleet.Log.WaitForAsync("berlin cancelled the upload of half.bin.");
        Directory.GetFiles(fleet.FileOf("berlin", "inbox")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_with_the_name_of_a_listed_agent_takes_over_the_name()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        fleet.StartAgent("boston", ["us", "canary"], null);
        await fleet.Log.WaitForAsync("The agent boston joined", count: 2);

        (await fleet.Operator.BroadcastAsync("us", "Once.").WaitAsync(FleetApp.Guard)).ShouldBe([new Delivery("boston", null)]);
        await fleet.Agent(2).DisposeAsync();
        (await fleet.Operator.BroadcastAsync("canary", "Still there?").WaitAsync(FleetApp.Guard)).ShouldBe([new Delivery("boston", null)]);
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<string> lines)
    {
        (await lines.MoveNextAsync().AsTask().WaitAsync(FleetApp.Guard)).ShouldBeTrue();
        return lines.Current;
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        using var guard = new CancellationTokenSource(FleetApp.Guard);
        var list = new List<T>();
        await foreach (T item in items.WithCancellation(guard.Token))
        {
            list.Add(item);
        }

        return list;
    }

    /// <summary>Returns the open files of this process, in which the agents run.</summary>
    private static IReadOnlyList<string> OpenFiles() => [.. Directory.GetFiles("/proc/self/fd").Select(TargetOf)];

    private static string TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (IOException)
        {
            // The file was closed after the directory was listed.
            return "";
        }
    }
}
