namespace TunnelRpc.Transports.Tests;

public sealed class HttpTransportsTests
{
    [Fact]
    public void The_order_begins_with_what_fits_a_configured_proxy_and_then_goes_from_fast_to_modest()
        => HttpTransports.Default.Select(transport => transport.Name).ShouldBe(["connect", "upgrade", "extended-connect", "websocket", "reverse-http", "two-connection", "http2-post", "n-plus-one", "long-poll"]);

    [Fact]
    public void Every_transport_but_connect_has_an_answering_half_of_its_name()
        => HttpTransports.CreateAcceptors().SelectMany(acceptor => acceptor.Name.Split(", "))
            .ShouldBe(HttpTransports.Default.Select(transport => transport.Name).Except(["connect"]), ignoreOrder: true);
}
