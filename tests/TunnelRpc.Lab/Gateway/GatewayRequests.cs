using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using Shouldly;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>Ordinary requests through a gateway behind real proxies.</summary>
[SupportedOSPlatform("linux")]
public sealed class GatewayRequests
{
    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Minimal_api_stores_and_returns_items(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        int id = 0;
        foreach (Version version in GatewayFront.Versions)
        {
            foreach (Func<string, string, Uri> address in (Func<string, string, Uri>[])[(a, p) => setup.Address(a, p), setup.AddressByPath])
            {
                id++;
                var item = new ShopItem(id, "äpfel & ünïcödé ☃");
                using HttpResponseMessage created = await setup.SendAsync(
                    HttpMethod.Post, address(application, "/items"), version, JsonContent.Create(item));
                created.StatusCode.ShouldBe(HttpStatusCode.Created);
                created.Headers.Location!.OriginalString.ShouldBe($"/items/{id}");
                created.Version.ShouldBe(version);

                using HttpResponseMessage replaced = await setup.SendAsync(
                    HttpMethod.Put, address(application, $"/items/{id}"), version, JsonContent.Create(item with { Name = "pears" }));
                replaced.StatusCode.ShouldBe(HttpStatusCode.NoContent);

                using HttpResponseMessage found = await setup.SendAsync(
                    HttpMethod.Get, address(application, $"/items/{id}?a=%20b"), version);
                (await found.Content.ReadFromJsonAsync<ShopItem>().DefaultTimeout()).ShouldBe(item with { Name = "pears" });

                using HttpResponseMessage missing = await setup.SendAsync(HttpMethod.Get, address(application, "/items/999"), version);
                missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            }
        }
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Application_sees_the_address_of_the_public_client_and_not_a_forged_one(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        Uri byHost = setup.Address(application, "/request/a");
        Uri byPath = setup.AddressByPath(application, "/request/b");
        setup.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        setup.Client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "gopher");
        setup.Client.DefaultRequestHeaders.Add("Forwarded", "for=203.0.113.9");

        SeenRequest hosted = await setup.GetSeenRequestAsync(byHost);
        SeenRequest prefixed = await setup.GetSeenRequestAsync(byPath);

        hosted.ShouldBe(new SeenRequest("https", byHost.Authority, "127.0.0.1", "", "/request/a", hosted.Session));
        prefixed.ShouldBe(
            new SeenRequest("https", byPath.Authority, "127.0.0.1", $"/apps/{application}", "/request/b", prefixed.Session));
    }

    [Theory, MemberData(nameof(GatewayCases.All), MemberType = typeof(GatewayCases))]
    public async Task Refusal_of_an_upload_arrives_before_the_upload_ends(string front, string application)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);
        Uri address = setup.Address(application, "/refuse");
        using RawClient raw = await RawClient.ConnectAsync(address);
        using var endless = new EndlessContent();

        // Neither body ends.
        await raw.SendAsync($"POST /refuse HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: 1000000\r\n\r\nx");
        string http1 = await raw.ReadUntilAsync("too large");
        using HttpResponseMessage http2 = await setup.SendAsync(HttpMethod.Post, address, HttpVersion.Version20, endless);

        http1.ShouldStartWith("HTTP/1.1 413 ");
        http2.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await http2.Content.ReadAsStringAsync().DefaultTimeout()).ShouldBe("too large");
    }

    [Theory, MemberData(nameof(GatewayCases.Fronts), MemberType = typeof(GatewayCases))]
    public async Task Trailers_pass_only_where_the_front_speaks_http2_to_the_gateway(string front)
    {
        await using GatewaySetup setup = await GatewaySetup.StartAsync(front);

        using HttpResponseMessage response = await setup.SendAsync(
            HttpMethod.Get, setup.Address(GatewayCases.Hosted, "/trailers"), HttpVersion.Version20);

        (await response.Content.ReadAsStringAsync().DefaultTimeout()).ShouldBe("body");
        response.TrailingHeaders.Contains("X-Tail").ShouldBe(setup.Front.KeepsHttp2);
    }
}
