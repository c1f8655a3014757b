using System.Net.Sockets;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Faults.Tests.Proxy;

/// <summary>Raw connections through the proxy, and what a test does to it meanwhile.</summary>
public sealed class ByteLevelTests
{
    [Fact]
    public async Task Bytes_pass_both_ways_and_each_direction_ends_for_itself()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        await client.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        client.ShutdownSend();
        (await server.ReadToEndAsync()).ShouldBe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await server.WriteAsync("answer");
        server.Dispose();

        (await client.ReadToEndAsync()).ShouldBe("answer");
        FaultProxyCounters counters = pair.Proxy.Counters;
        (counters.Connections, counters.Requests, counters.BytesUp, counters.BytesDown).ShouldBe((1, 0, 24, 6), pair.Proxy.ToString());
    }

    [Fact]
    public async Task A_half_close_ends_both_directions_when_that_is_wanted()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly with { ClosesOnHalfClose = true });
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        client.ShutdownSend();

        (await client.ReadToEndAsync()).ShouldBe("");
        (await server.ReadToEndAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_reset_reaches_both_sides_as_such()
    {
        FaultProfile personality = FaultProfiles.TcpOnly with { Down = [StreamFault.ResetAfter(3)] };
        await using ProxiedPair pair = await ProxiedPair.StartAsync(personality);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        await server.WriteAsync("abcdef");

        (await client.IsResetAsync()).ShouldBeTrue(pair.Proxy.ToString());
        (await server.IsResetAsync()).ShouldBeTrue(pair.Proxy.ToString());
        pair.Proxy.Counters.BytesDown.ShouldBe(3);
    }

    [Fact]
    public async Task Silence_in_both_directions_closes_the_connection_and_traffic_in_one_keeps_it()
    {
        var time = new FakeTimeProvider();
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly with { IdleTimeout = TimeSpan.FromSeconds(60) }, o => o.TimeProvider = time);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(60)).DefaultTimeout();
        time.Advance(TimeSpan.FromSeconds(59));
        await server.WriteAsync("x");
        (await client.ReadAsync(1)).ShouldBe("x");
        time.Advance(TimeSpan.FromSeconds(59));
        await client.WriteAsync("y");
        (await server.ReadAsync(1)).ShouldBe("y");

        time.Advance(TimeSpan.FromSeconds(60));

        (await client.ReadToEndAsync()).ShouldBe("");
        (await server.ReadToEndAsync()).ShouldBe("");
    }

    [Fact]
    public async Task Reset_kills_what_runs_and_takes_what_comes()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();
        await client.WriteAsync("x");
        await server.ReadAsync(1);

        pair.Proxy.Reset();

        (await client.IsResetAsync()).ShouldBeTrue();
        (await server.IsResetAsync()).ShouldBeTrue();
        RawPeer second = await pair.ConnectAsync();
        await second.WriteAsync("y");
        (await (await pair.AcceptAsync()).ReadAsync(1)).ShouldBe("y");
    }

    [Fact]
    public async Task A_pause_delays_everything_and_loses_nothing()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();
        await client.WriteAsync("x");
        await server.ReadAsync(1);
        long before = pair.Proxy.Counters.BytesUp;

        pair.Proxy.Pause();
        await client.WriteAsync("y");
        Task<string> read = server.ReadAsync(1);
        pair.Proxy.Counters.BytesUp.ShouldBe(before);
        read.IsCompleted.ShouldBeFalse();
        pair.Proxy.Resume();

        (await read).ShouldBe("y");
    }

    [Fact]
    public async Task A_new_personality_applies_to_new_connections()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer old = await pair.ConnectAsync();
        RawPeer oldServer = await pair.AcceptAsync();

        pair.Proxy.Profile = FaultProfiles.TcpOnly with { Up = [StreamFault.ResetAfter(0)] };

        await old.WriteAsync("old");
        (await oldServer.ReadAsync(3)).ShouldBe("old");
        RawPeer fresh = await pair.ConnectAsync();
        await fresh.WriteAsync("new");
        (await fresh.IsResetAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Connections_are_refused_and_taken_again_on_the_same_port()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.RefusesConnections);
        (await Should.ThrowAsync<SocketException>(pair.ConnectAsync)).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);

        pair.Proxy.Profile = FaultProfiles.TcpOnly;
        RawPeer client = await pair.ConnectAsync();
        await client.WriteAsync("x");
        (await (await pair.AcceptAsync()).ReadAsync(1)).ShouldBe("x");
        pair.Proxy.Profile = FaultProfiles.RefusesConnections;

        (await Should.ThrowAsync<SocketException>(pair.ConnectAsync)).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task Disposal_ends_every_connection_and_refuses_later_ones()
    {
        ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();
        await client.WriteAsync("x");
        await server.ReadAsync(1);
        FaultProxy proxy = pair.Proxy;

        await proxy.DisposeAsync().DefaultTimeout();

        proxy.Counters.OpenConnections.ShouldBe(0);
        await client.IsResetAsync();
        await Should.ThrowAsync<SocketException>(pair.ConnectAsync);
        Should.Throw<ObjectDisposedException>(() => proxy.Profile = FaultProfiles.Transparent);
        await pair.DisposeAsync();
    }

    [Fact]
    public async Task The_seed_is_told_and_can_be_set()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.SingleBytes, o => o.Seed = 42);

        proxy.Seed.ShouldBe(42);
        proxy.ToString().ShouldBe($"fault proxy {proxy.Address.Authority} \"single bytes\" (seed 42)");
    }
}
