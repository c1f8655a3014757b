using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>What every transport over HTTP must do besides: users, origins, servers that say nothing.</summary>
public abstract class HttpTransportConformance : TransportConformance
{
    [Fact]
    public async Task A_connect_without_an_answer_can_be_cancelled()
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint silent = ((HttpFixture)fixture).Unresponsive;
        using CancellationTokenSource cancel = new();
        Task connecting = fixture.Transport.ConnectAsync(silent, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task The_server_sees_who_the_client_is()
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
    public async Task A_foreign_site_is_refused(string origin)
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint endpoint = fixture.Endpoint with { Headers = [new("Origin", origin)] };

        TransportException failure = await Should.ThrowAsync<TransportException>(() => fixture.Transport.ConnectAsync(endpoint, TimeoutToken).AsTask());

        failure.HttpStatus.ShouldBe(403);
        failure.IsPermanent.ShouldBeTrue();
        failure.Message.ShouldContain("the request's Origin is not its own");
    }

    [Fact]
    public async Task The_servers_own_pages_are_let_in()
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint endpoint = fixture.Endpoint with { Headers = [new("Origin", fixture.Endpoint.Address.GetLeftPart(UriPartial.Authority).ToUpperInvariant())] };

        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken, endpoint);

        await pair.Server.WriteAsync("welcome", TimeoutToken);
        (await pair.Client.ReadTextAsync(7, TimeoutToken)).ShouldBe("welcome");
    }
}
