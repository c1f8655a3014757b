using Microsoft.AspNetCore.Builder;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>Refusals without a body reach the client as they are, although the application has pages for error statuses.</summary>
public sealed class LegStatusPageTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("re-execution")]
    [InlineData("redirection")]
    [InlineData("text")]
    public async Task Refusal_keeps_its_status_and_the_received_offset(string pages)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            [new LegTransportAcceptor()],
            endpoints => endpoints.MapGet("/error/{code}", () => "an error page"),
            use: app => _ = pages switch
            {
                "re-execution" => app.UseStatusCodePagesWithReExecute("/error/{0}"),
                "redirection" => app.UseStatusCodePagesWithRedirects("/error/{0}"),
                _ => app.UseStatusCodePages(),
            });
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, _timeout.Token);
        (await peer.BlockAsync(0, "abcd", _timeout.Token, epoch: 2)).ShouldBe((204, 4));

        // A streamed upload that starts beyond the received bytes.
        using HttpResponseMessage response = await peer.SendAsync(peer.CreateUpload("stream 3 100 0 0 0"), _timeout.Token);

        ((int)response.StatusCode).ShouldBe(409);
        response.Headers.GetValues("TunnelRpc-Received").ShouldBe(["4"]);
        (await response.Content.ReadAsStringAsync(_timeout.Token)).ShouldBeEmpty();
    }
}
