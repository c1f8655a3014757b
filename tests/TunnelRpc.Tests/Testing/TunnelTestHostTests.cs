using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Testing;

public sealed class TunnelTestHostTests
{
    [Fact]
    public async Task It_may_be_disposed_before_the_end_of_its_block_and_makes_no_clients_after_that()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(_ => { }).DefaultTimeout();

        await host.DisposeAsync().DefaultTimeout();

        await host.DisposeAsync().DefaultTimeout();
        host.Client.IsConnected.ShouldBeFalse();
        await Should.ThrowAsync<TunnelConnectException>(() => host.ConnectAsync(o => o.ConnectTimeout = TimeSpan.Zero).DefaultTimeout());
    }
}
