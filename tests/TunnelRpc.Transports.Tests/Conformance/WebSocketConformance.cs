using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Transports.Tests.Conformance;

public sealed class WebSocketConformance : HttpTransportConformance
{
    [Fact]
    public async Task Both_sides_wait_for_bytes_without_a_buffer()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);

        pair.Client.ShouldBeAssignableTo<IZeroByteReadConnection>()!.SupportsZeroByteReads.ShouldBeTrue();
        pair.Server.ShouldBeAssignableTo<IZeroByteReadConnection>()!.SupportsZeroByteReads.ShouldBeTrue();
    }

    private protected override Task<ITransportFixture> StartAsync() => HttpFixture.StartAsync(new WebSocketTransport());
}
