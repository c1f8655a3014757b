using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Tests.Peers;
using static TunnelRpc.Gateway.Tests.Hosting.OriginTestExtensions;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>Upgrades of HTTP/1.1 and extended CONNECT of HTTP/2.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public Task Upgrade_makes_both_directions_one_stream() => ExchangeAsync(
        Request("GET") with { Protocol = "chat/1" },
        async context =>
        {
            context.Request.Headers.Upgrade.ToString().ShouldBe("chat/1");
            context.Request.Headers.Connection.ToString().ShouldBe("Upgrade");
            IHttpUpgradeFeature feature = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
            feature.IsUpgradableRequest.ShouldBeTrue();
            Stream stream = await feature.UpgradeAsync();
            await Should.ThrowAsync<InvalidOperationException>(feature.UpgradeAsync);
            return stream;
        },
        head =>
        {
            head.Status.ShouldBe(101);
            head.Fields.ShouldBe([new HttpField("Upgrade", "chat/1")]);
        });

    [Fact]
    public Task Extended_connect_makes_both_directions_one_stream() => ExchangeAsync(
        Request("CONNECT") with { Protocol = "chat", Version = "2" },
        async context =>
        {
            context.Features.Get<IHttpUpgradeFeature>().ShouldBeNull();
            IHttpExtendedConnectFeature feature = context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>();
            feature.Protocol.ShouldBe("chat");
            feature.IsExtendedConnect.ShouldBeTrue();
            return await feature.AcceptAsync();
        },
        head =>
        {
            head.Status.ShouldBe(200);
            head.Fields.ShouldBeEmpty();
        });

    [Theory]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task Ordinary_request_shows_that_upgrades_are_supported_and_cannot_be_upgraded(string version)
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            IHttpUpgradeFeature? upgrade = context.Features.Get<IHttpUpgradeFeature>();
            IHttpExtendedConnectFeature? connect = context.Features.Get<IHttpExtendedConnectFeature>();
            (upgrade is null).ShouldBe(version == "2");
            (connect is null).ShouldBe(version == "1.1");
            if (upgrade is not null)
            {
                upgrade.IsUpgradableRequest.ShouldBeFalse();
                await Should.ThrowAsync<InvalidOperationException>(() => TryUpgradeAsync(upgrade));
            }
            else
            {
                connect!.IsExtendedConnect.ShouldBeFalse();
                await Should.ThrowAsync<InvalidOperationException>(() => TryAcceptAsync(connect));
            }

            await context.Response.WriteAsync("fine");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        (await origin.SendAsync(Request() with { Version = version })).Text.ShouldBe("fine");

        static async Task TryUpgradeAsync(IHttpUpgradeFeature feature) => await feature.UpgradeAsync();

        static async Task TryAcceptAsync(IHttpExtendedConnectFeature feature) => await feature.AcceptAsync();
    }

    [Fact]
    public async Task Upgrade_that_the_application_refuses_is_an_ordinary_response()
    {
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, context =>
        {
            context.Response.StatusCode = 426;
            return context.Response.WriteAsync("no");
        });
        IHttpOrigin origin = await relay.GetOriginAsync();

        ReceivedResponse response = await origin.SendAsync(Request() with { Protocol = "chat/1" });

        response.Head.Status.ShouldBe(426);
        response.Text.ShouldBe("no");
    }

    /// <summary>Opens a stream, sends three texts, and expects each back before it sends the next one.</summary>
    private static async Task ExchangeAsync(
        HttpOriginRequest request, Func<HttpContext, Task<Stream>> open, Action<HttpOriginResponse> checkHead)
    {
        Channel<HttpOriginPart> input = Channel.CreateUnbounded<HttpOriginPart>();
        await using RawRelay relay = await RawRelay.StartAsync();
        await using HostedApp app = await HostedApp.StartAsync(relay.Tunnel, async context =>
        {
            Stream stream = await open(context);
            byte[] buffer = new byte[100];
            int count;
            while ((count = await stream.ReadAsync(buffer)) > 0)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(buffer, 0, count).ToUpperInvariant()));
            }

            await stream.WriteAsync("end"u8.ToArray());
        });
        IHttpOrigin origin = await relay.GetOriginAsync();
        await using IAsyncEnumerator<HttpOriginPart> response =
            origin.SendAsync(request, input.Reader.ReadAllAsync(), CancellationToken.None).GetAsyncEnumerator();

        (await response.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();
        checkHead(response.Current.Head!);
        foreach (string text in (string[])["a", "bc", "def"])
        {
            input.Writer.TryWrite(Data(text));
            (await response.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();
            Encoding.UTF8.GetString(response.Current.Data!.Value.Span).ShouldBe(text.ToUpperInvariant());
        }

        input.Writer.Complete();
        (await response.MoveNextAsync().DefaultTimeout()).ShouldBeTrue();
        Encoding.UTF8.GetString(response.Current.Data!.Value.Span).ShouldBe("end");
        (await response.MoveNextAsync().DefaultTimeout()).ShouldBeFalse();
    }
}
