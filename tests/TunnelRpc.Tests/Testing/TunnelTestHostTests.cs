using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Testing;

public sealed class TunnelTestHostTests
{
    [Fact]
    public async Task Disposed_host_can_be_disposed_again_and_refuses_new_clients()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(_ => { }).DefaultTimeout();

        await host.DisposeAsync().DefaultTimeout();

        await host.DisposeAsync().DefaultTimeout();
        host.Client.IsConnected.ShouldBeFalse();
        await Should.ThrowAsync<TunnelConnectException>(() => host.ConnectAsync(o => o.ConnectTimeout = TimeSpan.Zero).DefaultTimeout());
    }
}
