namespace TunnelRpc.Transports.Tests;

public sealed class HttpTransportsTests
{
    [Fact]
    public void Default_order_starts_with_connect_and_goes_from_fast_to_least_demanding()
        => HttpTransports.Default.Select(transport => transport.Name).ShouldBe(
        [
            "connect",
            "upgrade",
            "extended-connect",
            "websocket",
            "reverse-http",
            "two-connection",
            "http2-post",
            "n-plus-one",
            "long-poll",
        ]);

    [Fact]
    public void Every_transport_but_connect_has_an_acceptor_with_its_name()
        => HttpTransports.CreateAcceptors().SelectMany(acceptor => acceptor.Name.Split(", "))
            .ShouldBe(HttpTransports.Default.Select(transport => transport.Name).Except(["connect"]), ignoreOrder: true);
}
