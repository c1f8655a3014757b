using System.Diagnostics;
using System.Runtime.InteropServices;
using TunnelRpc.Chaos.Hosting;
using TunnelRpc.Client;
using TunnelRpc.Diagnostics;
using Xunit.Abstractions;

namespace TunnelRpc.Cli.Tests;

/// <summary>Server processes that are stopped, terminated and killed while clients make calls.</summary>
public sealed class SignalTests(ITestOutputHelper output)
{
    private const int Callers = 16;
    private const int Crowd = 200;

    // Longer than the 2 s after which a client treats its path as stalled, and tries others.
    private static readonly TimeSpan Stop = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Server_that_is_stopped_by_SIGSTOP_for_seconds_fails_no_call()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using ToolProcess server = ToolProcess.Start("serve", "--urls", "http://127.0.0.1:0");
        await using TunnelClient client = await TunnelClient.ConnectAsync(await ReadAddressAsync(server));
        string session = client.SessionId!;
        var load = new ProbeLoad(client, Callers);
        await load.WaitForAsync(500);

        await server.SignalAsync("STOP");
        await Task.Delay(Stop);
        await server.SignalAsync("CONT");
        await load.WaitForAsync(500);
        await load.StopAsync();

        output.WriteLine($"{load.Made} calls, 0 failed");
        load.Errors.ShouldBeEmpty();
        client.SessionId.ShouldBe(session);
    }

    [Fact]
    public async Task Server_that_is_terminated_by_SIGTERM_under_load_fails_no_call()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using ToolProcess first = ToolProcess.Start("serve", "--urls", "http://127.0.0.1:0");
        await using ToolProcess second = ToolProcess.Start("serve", "--urls", "http://127.0.0.1:0");
        Uri address = await ReadAddressAsync(first);
        Uri other = await ReadAddressAsync(second);
        await using TunnelClient client = await TunnelClient.ConnectAsync(address, options => options.FurtherAddresses.Add(other));
        client.Report!.Address.ShouldBe(address);
        var load = new ProbeLoad(client, Callers);
        await load.WaitForAsync(500);

        first.Terminate(PosixSignal.SIGTERM);
        CommandResult stopped = await first.EndAsync();
        await load.WaitForAsync(500);
        await load.StopAsync();

        output.WriteLine($"{load.Made} calls, 0 failed");
        load.Errors.ShouldBeEmpty();
        client.Report!.Address.ShouldBe(other);
        (stopped.ExitCode, stopped.Error).ShouldBe((0, ""));
    }

    [Fact]
    public async Task Two_hundred_clients_are_back_after_their_server_was_killed_and_restarted()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string url = $"http://127.0.0.1:{FreePort.Find()}";
        ToolProcess server = ToolProcess.Start("serve", "--urls", url);
        var clients = new List<TunnelClient>();
        try
        {
            Uri address = await ReadAddressAsync(server);
            clients.AddRange(await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => TunnelClient.ConnectAsync(address))));
            string?[] sessions = [.. clients.Select(c => c.SessionId)];

            await server.DisposeAsync();
            server = ToolProcess.Start("serve", "--urls", url);
            await ReadAddressAsync(server);
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(clients.Select(c => c.Get<IProbe>().EchoAsync([1]).WaitAsync(HangLimit)));

            TimeSpan took = Stopwatch.GetElapsedTime(start);
            output.WriteLine($"{Crowd} clients are back {took.TotalSeconds:0.0} s after the start of the server");
            clients.Select(c => c.SessionId).Intersect(sessions).ShouldBeEmpty();
            clients.ShouldAllBe(c => c.State == TunnelClientState.Connected);
        }
        finally
        {
            await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
            await server.DisposeAsync();
        }
    }

    private static async Task<Uri> ReadAddressAsync(ToolProcess server) =>
        new((await server.ReadLineAsync())!["Listening on ".Length..]);
}
