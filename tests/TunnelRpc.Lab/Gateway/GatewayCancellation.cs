using System.Net;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>Requests that the client or the application breaks off, through a gateway behind real proxies.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayCancellation
{
    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Client_that_leaves_before_the_head_aborts_the_request_at_the_application(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            using var leaving = new CancellationTokenSource();
            Task<HttpResponseMessage> responding = setup.SendAsync(
                HttpMethod.Get, setup.Address(application, "/wait"), version, cancellationToken: leaving.Token);
            (await setup.State.Started.WaitAsync(TestTimeout.Default)).ShouldBeTrue();

            await leaving.CancelAsync();

            (await setup.State.Aborted.WaitAsync(TestTimeout.Default)).ShouldBeTrue($"HTTP/{version}");
            await Should.ThrowAsync<OperationCanceledException>(responding);
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Client_that_leaves_during_the_body_aborts_the_request_at_the_application(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            HttpResponseMessage response = await setup.SendAsync(HttpMethod.Get, setup.Address(application, "/stream"), version);
            Stream body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte["begun".Length]).DefaultTimeout();

            response.Dispose();

            (await setup.State.Aborted.WaitAsync(TestTimeout.Default)).ShouldBeTrue($"HTTP/{version}");
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Application_that_breaks_off_aborts_the_response_of_the_client(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            using HttpResponseMessage response = await setup.SendAsync(HttpMethod.Get, setup.Address(application, "/break"), version);
            Stream body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte["part".Length]).DefaultTimeout();

            setup.State.NextEvent.Release();

            if (setup.Front.HidesBreaksOverHttp2 && version == HttpVersion.Version20)
            {
                (await body.ReadAsync(new byte[1]).DefaultTimeout()).ShouldBe(0, "The proxy was mended: correct docs/gateway.md.");
                continue;
            }

            // A response that looks whole would return 0.
            await Should.ThrowAsync<IOException>(() => body.ReadAsync(new byte[1]).AsTask().DefaultTimeout());
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Application_that_breaks_off_before_the_head_causes_the_status_502(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        foreach (Version version in GatewayFront.Versions)
        {
            using HttpResponseMessage response = await setup.SendAsync(HttpMethod.Get, setup.Address(application, "/abort"), version);

            response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        }
    }
}
