using System.Diagnostics;
using System.Security.Cryptography;
using global::Fleet.Contracts;
using Shouldly;
using TunnelRpc.Testing.Time;
using Xunit;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>What an operator does with a fleet, end to end.</summary>
public sealed class FleetTests
{
    [Fact]
    public async Task The_operator_lists_the_agents_and_how_they_have_come()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<AgentInfo> agents = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);

        agents.Select(a => (a.Name, string.Join(',', a.Groups), a.Transport)).ShouldBe([("berlin", "eu", "connect"), ("boston", "us", "upgrade"), ("paris", "eu", "connect")]);
        agents[0].Commands.ShouldBe(["broken", "dotnet", "endless", "runtimes"]);
        agents.ShouldAllBe(a => a.Address!.StartsWith("127.0.0.1:"));
        fleet.Proxy.Heads.Count(h => h.StartsWith("CONNECT ", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_command_s_output_comes_line_by_line_and_its_exit_code_last()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        List<CommandOutput> output = await ToListAsync(fleet.Operator.RunAsync("berlin", "runtimes", []));

        output[..^1].Cast<OutputLine>().ShouldContain(l => !l.IsError && l.Text.StartsWith("Microsoft.NETCore.App "));
        output[^1].ShouldBe(new CommandExit(0));
    }

    [Fact]
    public async Task A_command_that_fails_gives_its_errors_and_its_exit_code()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        List<CommandOutput> output = await ToListAsync(fleet.Operator.RunAsync("paris", "broken", []));

        output[..^1].Cast<OutputLine>().ShouldContain(l => l.IsError && l.Text.Length > 0);
        output[^1].ShouldBeOfType<CommandExit>().Code.ShouldNotBe(0);
    }

    [Fact]
    public async Task Whoever_stops_reading_a_command_s_output_ends_the_command()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        int id = 0;

        await foreach (CommandOutput output in fleet.Operator.RunAsync("boston", "endless", []))
        {
            id = int.Parse(output.ShouldBeOfType<OutputLine>().Text);
            Process.GetProcessById(id).HasExited.ShouldBeFalse();
            break;
        }

        await fleet.Log.WaitForAsync("boston has ended endless.");
        Should.Throw<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task A_tail_gives_the_last_lines_and_then_those_that_are_added()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string log = fleet.FileOf("berlin", "logs", "app.log");
        await File.WriteAllTextAsync(log, "one\ntwo\nthree\n");

        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log", 2).GetAsyncEnumerator();
        string[] old = [await NextAsync(tail), await NextAsync(tail)];
        await File.AppendAllTextAsync(log, "four\nfi");
        string four = await NextAsync(tail);
        await File.AppendAllTextAsync(log, "ve\n");
        string five = await NextAsync(tail);

        old.ShouldBe(["two", "three"]);
        (four, five).ShouldBe(("four", "five"));
    }

    [Fact]
    public async Task Whoever_stops_tailing_frees_the_agent_s_file()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        string log = fleet.FileOf("paris", "logs", "app.log");
        await File.WriteAllTextAsync(log, "one\n");

        await foreach (string line in fleet.Operator.TailAsync("paris", "app.log"))
        {
            line.ShouldBe("one");
            fleet.Log.Lines.ShouldNotContain("paris has closed its log app.log.");
            OpenFiles().ShouldContain(log);
            break;
        }

        await fleet.Log.WaitForAsync("paris has closed its log app.log.");
        OpenFiles().ShouldNotContain(log);
    }

    [Fact]
    public async Task A_log_that_is_cut_is_read_from_its_beginning()
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
    public async Task A_file_arrives_as_it_was_and_its_progress_rises_to_the_whole()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();
        byte[] content = RandomNumberGenerator.GetBytes(3_000_017);
        var progress = new RecordedProgress();

        StoredFile stored = await fleet.Operator.UploadAsync("berlin", "release.bin", new MemoryStream(content), progress).WaitAsync(FleetApp.Guard);

        stored.ShouldBe(new StoredFile("release.bin", content.Length, Convert.ToHexString(SHA256.HashData(content))));
        SHA256.HashData(await File.ReadAllBytesAsync(fleet.FileOf("berlin", "inbox", "release.bin"))).ShouldBe(SHA256.HashData(content));
        long[] reports = [.. progress.Reports];
        reports.ShouldBe(reports.Order());
        reports[^1].ShouldBe(content.Length);
    }

    [Fact]
    public async Task A_broadcast_reaches_the_group_and_nobody_else()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<Delivery> deliveries = await fleet.Operator.BroadcastAsync("eu", "Maintenance at noon.").WaitAsync(FleetApp.Guard);

        deliveries.ShouldBe([new Delivery("berlin", null), new Delivery("paris", null)]);
        fleet.Log.Lines.Where(l => l.EndsWith("shows: Maintenance at noon.", StringComparison.Ordinal)).Order()
            .ShouldBe(["berlin shows: Maintenance at noon.", "paris shows: Maintenance at noon."]);
    }

    [Fact]
    public async Task A_broadcast_without_a_group_reaches_every_agent()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        IReadOnlyList<Delivery> deliveries = await fleet.Operator.BroadcastAsync(null, "Hello.").WaitAsync(FleetApp.Guard);

        deliveries.ShouldBe([new Delivery("berlin", null), new Delivery("boston", null), new Delivery("paris", null)]);
    }

    [Fact]
    public async Task An_agent_that_leaves_is_listed_no_more()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        await fleet.Agent(2).DisposeAsync();
        await fleet.Log.WaitForAsync("The agent boston has left.");

        (await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard)).Select(a => a.Name).ShouldBe(["berlin", "paris"]);
        (await fleet.Operator.BroadcastAsync("us", "Anybody?").WaitAsync(FleetApp.Guard)).ShouldBeEmpty();
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => ToListAsync(fleet.Operator.RunAsync("boston", "runtimes", [])));
        error.Status.ShouldBe(TunnelStatus.NotFound);
        error.Message.ShouldBe("No agent boston is connected. Connected are: berlin, paris.");
    }

    [Fact]
    public async Task What_runs_on_an_agent_goes_on_when_its_path_is_cut()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("berlin", ["eu"], fleet.Proxy.Address);
        await fleet.Log.WaitForAsync("The agent berlin has joined");
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
    public async Task An_agent_that_is_lost_fails_what_runs_on_it_is_listed_no_more_and_comes_back()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        var clock = new FakeTimeProvider();
        var delay = TimeSpan.FromMinutes(1);
        fleet.StartAgent("berlin", ["eu"], fleet.Proxy.Address, o => o with { TimeProvider = clock, ReconnectDelay = delay, ResumeWindow = TimeSpan.Zero });
        fleet.StartAgent("boston", ["us"], null);
        await fleet.Log.WaitForAsync("The agent berlin has joined");
        await fleet.Log.WaitForAsync("The agent boston has joined");
        await File.WriteAllTextAsync(fleet.FileOf("berlin", "logs", "app.log"), "one\n");
        await using IAsyncEnumerator<string> tail = fleet.Operator.TailAsync("berlin", "app.log").GetAsyncEnumerator();
        await NextAsync(tail);

        fleet.Proxy.Cut();
        TunnelException lost = await Should.ThrowAsync<TunnelException>(() => NextAsync(tail));
        await fleet.Log.WaitForAsync("The agent berlin has left.");
        IReadOnlyList<AgentInfo> without = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);
        IReadOnlyList<Delivery> unheard = await fleet.Operator.BroadcastAsync("eu", "Anybody?").WaitAsync(FleetApp.Guard);

        // Its own clock stands still: it dials again when the test says so.
        await fleet.Log.WaitForAsync("berlin has closed its log app.log.");
        await clock.WhenTimerDueAsync(delay).WaitAsync(FleetApp.Guard);
        clock.Advance(delay);
        await fleet.Log.WaitForAsync("The agent berlin has joined", count: 2);
        IReadOnlyList<AgentInfo> again = await fleet.Operator.ListAsync().WaitAsync(FleetApp.Guard);
        IReadOnlyList<Delivery> heard = await fleet.Operator.BroadcastAsync("eu", "Welcome back.").WaitAsync(FleetApp.Guard);

        lost.Status.ShouldBe(TunnelStatus.Unavailable);
        lost.Message.ShouldStartWith("The agent berlin was disconnected:");
        without.Select(a => a.Name).ShouldBe(["boston"]);
        unheard.ShouldBeEmpty();
        again.Select(a => a.Name).ShouldBe(["berlin", "boston"]);
        heard.ShouldBe([new Delivery("berlin", null)]);
        (await ToListAsync(fleet.Operator.RunAsync("berlin", "runtimes", [])))[^1].ShouldBe(new CommandExit(0));
    }

    [Fact]
    public async Task An_upload_to_an_agent_that_is_lost_fails_and_leaves_nothing_of_the_file()
    {
        await using FleetApp fleet = await FleetApp.StartAsync(agents: false);
        fleet.StartAgent("berlin", ["eu"], fleet.Proxy.Address, o => o with { ResumeWindow = TimeSpan.Zero });
        await fleet.Log.WaitForAsync("The agent berlin has joined");
        await using var content = new HeldStream(RandomNumberGenerator.GetBytes(100_000));
        Task<StoredFile> upload = fleet.Operator.UploadAsync("berlin", "half.bin", content, new RecordedProgress());
        await content.Drained.WaitAsync(FleetApp.Guard);

        fleet.Proxy.Cut();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => upload.WaitAsync(FleetApp.Guard));
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldStartWith("The agent berlin was disconnected:");
        await fleet.Log.WaitForAsync("The agent berlin has joined", count: 2);
        await fleet.Log.WaitForAsync("berlin has given up half.bin.");
        Directory.GetFiles(fleet.FileOf("berlin", "inbox")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_agent_that_comes_again_before_its_old_path_is_known_to_be_dead_takes_its_name_over()
    {
        await using FleetApp fleet = await FleetApp.StartAsync();

        fleet.StartAgent("boston", ["us", "canary"], null);
        await fleet.Log.WaitForAsync("The agent boston has joined", count: 2);

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

    /// <summary>The files that this process, in which the agents run, holds open.</summary>
    private static IReadOnlyList<string> OpenFiles() => [.. Directory.GetFiles("/proc/self/fd").Select(TargetOf)];

    private static string TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return "";
        }
    }
}
