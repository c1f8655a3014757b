using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Hosting;

/// <summary>Handshakes and shutdown of a server.</summary>
public sealed class TunnelServerTests
{
    [Fact]
    public async Task Concurrent_handshakes_do_not_exceed_MaxSessions()
    {
        var services = new ServiceCollection();
        services.AddTunnelRpc(options => options.Limits.MaxSessions = 1);
        await using ServiceProvider provider = services.BuildServiceProvider();
        TunnelServer server = provider.GetRequiredService<TunnelServer>();
        (ITransportConnection first, ITransportConnection firstServed) = await InMemoryLink.OpenAsync();
        (ITransportConnection second, ITransportConnection secondServed) = await InMemoryLink.OpenAsync();
        Task[] serving = [server.ServeAsync(firstServed, CancellationToken.None), server.ServeAsync(secondServed, CancellationToken.None)];

        (_, ReceiveBuffer input) =
            await SessionHandshake.DialAsync(first, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).DefaultTimeout();
        TunnelException refused = await Should.ThrowAsync<TunnelException>(
            () => SessionHandshake.DialAsync(second, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).DefaultTimeout());

        (refused.Status, server.SessionIds.Count).ShouldBe((TunnelStatus.ResourceExhausted, 1));
        refused.Message.ShouldContain("limit MaxSessions");
        input.Dispose();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await Task.WhenAll(serving).DefaultTimeout();
        server.SessionIds.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_does_not_wait_for_clients_that_disconnect()
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer peer, _) = await rig.OpenAsync();

        Task stopping = rig.Server.StopAsync();
        (await peer.ReadFrameAsync()).Type.ShouldBe(FrameType.Drain);
        stopping.IsCompleted.ShouldBeFalse("the client has not reported that it has no running calls");
        await peer.DisposeAsync();

        await stopping.DefaultTimeout();
        rig.Server.SessionIds.ShouldBeEmpty();
    }
}
