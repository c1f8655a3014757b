using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Hosting;

/// <summary>What a server does with connections.</summary>
public sealed class TunnelServerTests
{
    [Fact]
    public async Task Handshakes_side_by_side_make_no_more_sessions_than_the_limit()
    {
        var services = new ServiceCollection();
        services.AddTunnelRpc(options => options.Limits.MaxSessions = 1);
        await using ServiceProvider provider = services.BuildServiceProvider();
        TunnelServer server = provider.GetRequiredService<TunnelServer>();
        (ITransportConnection first, ITransportConnection firstServed) = await Link.OpenAsync();
        (ITransportConnection second, ITransportConnection secondServed) = await Link.OpenAsync();
        Task[] serving = [server.ServeAsync(firstServed, CancellationToken.None), server.ServeAsync(secondServed, CancellationToken.None)];

        (_, RecordInput input) = await SessionHandshake.DialAsync(first, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).OrHang();
        TunnelException refused = await Should.ThrowAsync<TunnelException>(
            () => SessionHandshake.DialAsync(second, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).OrHang());

        (refused.Status, server.SessionIds.Count).ShouldBe((TunnelStatus.ResourceExhausted, 1));
        refused.Message.ShouldContain("limit MaxSessions");
        input.Dispose();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await Task.WhenAll(serving).OrHang();
        server.SessionIds.ShouldBeEmpty();
    }
}
