using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>Additional requirements for every transport over HTTP: users, origins, servers that do not respond.</summary>
public abstract class HttpTransportConformance : TransportConformance
{
    [Fact]
    public async Task Connect_without_response_is_cancelled_by_its_token()
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint unresponsive = ((HttpFixture)fixture).Unresponsive;
        using CancellationTokenSource cancel = new();
        Task connecting = fixture.Transport.ConnectAsync(unresponsive, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task Server_connection_has_the_authenticated_user()
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint endpoint = fixture.Endpoint with { Headers = [new(TransportTestServer.UserHeader, "ada")] };

        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken, endpoint);

        pair.Server.Info.User?.Identity?.Name.ShouldBe("ada");
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Cross_origin_request_is_refused_with_403(string origin)
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint endpoint = fixture.Endpoint with { Headers = [new("Origin", origin)] };

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => fixture.Transport.ConnectAsync(endpoint, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe(403);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("the request's Origin is not its own");
    }

    [Fact]
    public async Task Same_origin_request_is_accepted()
    {
        await using ITransportFixture fixture = await StartAsync();
        string origin = fixture.Endpoint.Address.GetLeftPart(UriPartial.Authority).ToUpperInvariant();
        TunnelEndpoint endpoint = fixture.Endpoint with { Headers = [new("Origin", origin)] };

        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken, endpoint);

        await pair.Server.WriteAsync("welcome", TimeoutToken);
        (await pair.Client.ReadTextAsync(7, TimeoutToken)).ShouldBe("welcome");
    }
}
