using System.Net.Sockets;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Faults.Tests.Proxy;

/// <summary>Raw connections through the fault proxy while a test pauses, resets or reconfigures it.</summary>
public sealed class ByteLevelTests
{
    [Fact]
    public async Task Bytes_pass_in_both_directions_and_each_ends_separately()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        await client.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        client.ShutdownSend();
        (await server.ReadToEndAsync()).ShouldBe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await server.WriteAsync("response");
        server.Dispose();

        (await client.ReadToEndAsync()).ShouldBe("response");
        FaultProxyCounters counters = pair.Proxy.Counters;
        (counters.Connections, counters.Requests, counters.BytesUp, counters.BytesDown).ShouldBe((1, 0, 24, 8), pair.Proxy.ToString());
    }

    [Fact]
    public async Task Half_close_ends_both_directions_if_configured()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly with { ClosesOnHalfClose = true });
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        client.ShutdownSend();

        (await client.ReadToEndAsync()).ShouldBe("");
        (await server.ReadToEndAsync()).ShouldBe("");
    }

    [Fact]
    public async Task Reset_reaches_both_sides()
    {
        FaultProfile profile = FaultProfiles.TcpOnly with { Down = [StreamFault.ResetAfter(3)] };
        await using ProxiedPair pair = await ProxiedPair.StartAsync(profile);
        RawPeer client = await pair.ConnectAsync();
        RawPeer server = await pair.AcceptAsync();

        await server.WriteAsync("abcdef");

        (await client.IsResetAsync()).ShouldBeTrue(pair.Proxy.ToString());
        (await server.IsResetAsync()).ShouldBeTrue(pair.Proxy.ToString());
        pair.Proxy.Counters.BytesDown.ShouldBe(3);
    }

    [Fact]
    public async Task Idle_timeout_closes_the_connection_and_traffic_in_one_direction_prevents_it()
    {
        var time = new FakeTimeProvider();
        FaultProfile profile = FaultProfiles.TcpOnly with { IdleTimeout = TimeSpan.FromSeconds(60) };
        await using ProxiedPair pair = await ProxiedPair.StartAsync(profile, o => o.TimeProvider = time);
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
    public async Task Reset_ends_open_connections_and_accepts_new_ones()
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
    public async Task Pause_delays_bytes_without_loss()
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
    public async Task New_profile_applies_to_new_connections()
    {
        await using ProxiedPair pair = await ProxiedPair.StartAsync(FaultProfiles.TcpOnly);
        RawPeer earlier = await pair.ConnectAsync();
        RawPeer earlierServer = await pair.AcceptAsync();

        pair.Proxy.Profile = FaultProfiles.TcpOnly with { Up = [StreamFault.ResetAfter(0)] };

        await earlier.WriteAsync("old");
        (await earlierServer.ReadAsync(3)).ShouldBe("old");
        RawPeer later = await pair.ConnectAsync();
        await later.WriteAsync("new");
        (await later.IsResetAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Refused_connections_are_accepted_again_on_the_same_port()
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
    public async Task Disposal_ends_all_connections_and_refuses_later_ones()
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
    public async Task Seed_is_configurable_and_part_of_the_description()
    {
        await using FaultProxy proxy = await FaultProxy.StartAsync(null, FaultProfiles.SingleBytes, o => o.Seed = 42);

        proxy.Seed.ShouldBe(42);
        proxy.ToString().ShouldBe($"fault proxy {proxy.Address.Authority} \"single bytes\" (seed 42)");
    }
}
