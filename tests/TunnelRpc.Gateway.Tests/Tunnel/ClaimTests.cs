using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Tests.Apps;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Tunnel;

/// <summary>Names that clients of the tunnel claim.</summary>
public sealed class ClaimTests
{
    [Fact]
    public async Task Claimed_name_has_a_public_address_and_is_free_when_the_host_stops()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginApp origin = await OriginApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using OriginHost host = await OriginHost.StartAsync(gateway, origin);
        using var client = new HttpClient();

        Uri address = host.Claim("shop").PublicAddress!;
        address.ShouldBe(gateway.Address("/apps/shop/"));
        (await client.GetStringAsync(address)).ShouldBe("hello");
        GatewayNameStatus status = gateway.Gateway.Names.ShouldHaveSingleItem();
        (status.Name, status.Owner, status.Origins.Single().Dialect).ShouldBe(("shop", "session", "tunnel"));
        await host.StopAsync();

        gateway.Gateway.Names.ShouldBeEmpty();
        host.Claim("shop").State.ShouldBe(HttpOriginState.Released);
        (await client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Configured_public_address_is_reported()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync(options => options.PublicAddress = "https://{name}.apps.example/");
        await using OriginApp origin = await OriginApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using OriginHost host = await OriginHost.StartAsync(gateway, origin);

        host.Claim("shop").PublicAddress.ShouldBe(new Uri("https://shop.apps.example/"));
    }

    [Fact]
    public async Task Claim_is_refused_by_default_and_the_reason_is_surfaced_and_logged()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync(options => options.AllowClaims(static (_, _) => false));
        await using OriginHost host = await OriginHost.StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", new Uri("http://127.0.0.1:9")));

        await Eventually.TrueAsync(() => host.Claim("shop").State == HttpOriginState.Refused);

        host.Claim("shop").Refusal!.ShouldContain("AllowClaims");
        host.Log.Lines.ShouldContain(line => line.Contains("has refused the name shop", StringComparison.Ordinal));
        gateway.Gateway.Names.ShouldBeEmpty();
    }

    [Fact]
    public void New_options_allow_no_claim() => new TunnelGatewayOptions().ClaimPolicy(null, "shop").ShouldBeFalse();

    [Fact]
    public async Task Policy_decides_by_user_and_name()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync(
            options => options.AllowClaims((user, name) => user?.Identity?.Name == name));
        await using OriginApp origin = await OriginApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using OriginHost allowed = await OriginHost.StartAsync(gateway, origin, "alice", user: "alice");
        await using OriginHost refused = await OriginHost.StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin("alice", origin.Address), user: "bob");

        await Eventually.TrueAsync(() => refused.Claim("alice").State == HttpOriginState.Refused);

        gateway.Gateway.Names.Single().Owner.ShouldBe("user");
        gateway.Gateway.Names.Single().Origins.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("alice", "bob")]
    [InlineData("alice", null)]
    [InlineData(null, null)]
    public async Task Name_of_another_owner_is_refused_until_it_is_free(string? first, string? second)
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginApp one = await OriginApp.StartAsync(context => context.Response.WriteAsync("one"));
        await using OriginApp two = await OriginApp.StartAsync(context => context.Response.WriteAsync("two"));
        OriginHost owner = await OriginHost.StartAsync(gateway, one, user: first);
        await using OriginHost thief = await OriginHost.StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", two.Address), user: second);
        using var client = new HttpClient();

        await Eventually.TrueAsync(() => thief.Claim("shop").State == HttpOriginState.Refused);
        (await client.GetStringAsync(gateway.Address("/apps/shop/"))).ShouldBe("one");
        await owner.DisposeAsync();
        await thief.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();

        (await client.GetStringAsync(gateway.Address("/apps/shop/"))).ShouldBe("two");
    }

    [Fact]
    public async Task Names_are_claimed_again_after_a_restart_of_the_server()
    {
        GatewayApp gateway = await GatewayApp.StartAsync();
        int port = gateway.Port;
        await using OriginApp origin = await OriginApp.StartAsync(context => context.Response.WriteAsync("hello"));
        await using OriginHost host = await OriginHost.StartAsync(gateway, origin);
        string? session = host.Client.SessionId;

        await gateway.DisposeAsync();
        await using GatewayApp restarted = await GatewayApp.StartAsync(port: port);
        await Eventually.TrueAsync(() => restarted.Gateway.Names.Count == 1, () => { });
        using var client = new HttpClient();

        (await client.GetStringAsync(restarted.Address("/apps/shop/"))).ShouldBe("hello");
        host.Client.SessionId.ShouldNotBe(session);
        await host.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Requests_go_to_the_replica_with_the_fewest_in_progress()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        var release = new TaskCompletionSource();
        int[] counts = new int[2];
        RequestDelegate Handle(int index) => async context =>
        {
            Interlocked.Increment(ref counts[index]);
            await release.Task;
            await context.Response.WriteAsync($"{index}");
        };
        await using OriginApp one = await OriginApp.StartAsync(Handle(0));
        await using OriginApp two = await OriginApp.StartAsync(Handle(1));
        await using OriginHost first = await OriginHost.StartAsync(gateway, one, user: "alice");
        await using OriginHost second = await OriginHost.StartAsync(gateway, two, user: "alice");
        using var client = new HttpClient();

        Task<string>[] requests = new Task<string>[20];
        for (int i = 0; i < requests.Length; i++)
        {
            requests[i] = client.GetStringAsync(gateway.Address("/apps/shop/"));
            await Eventually.TrueAsync(() => Volatile.Read(ref counts[0]) + Volatile.Read(ref counts[1]) == i + 1);
        }

        release.SetResult();
        await Task.WhenAll(requests).DefaultTimeout();
        counts.ShouldBe([10, 10]);
    }

    [Fact]
    public async Task Next_replica_gets_a_request_without_a_body_that_the_first_has_not_processed()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync();
        await using OriginApp origin = await OriginApp.StartAsync(context => context.Response.WriteAsync("alive"));
        Uri dead;
        using (var closed = new RawOrigin())
        {
            dead = closed.Address;
        }

        await using OriginHost first = await OriginHost.StartAsync(
            gateway.Address("/tunnel"), client => client.AddHttpOrigin("shop", dead), user: "alice");
        await first.Claim("shop").WaitUntilClaimedAsync().DefaultTimeout();
        await using OriginHost second = await OriginHost.StartAsync(gateway, origin, user: "alice");
        using var client = new HttpClient();

        for (int i = 0; i < 4; i++)
        {
            (await client.GetStringAsync(gateway.Address("/apps/shop/"))).ShouldBe("alive");
        }

        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage response = await client.PostAsync(gateway.Address("/apps/shop/"), new StringContent("body"));
            statuses.Add(response.StatusCode);
        }

        // Both replicas are idle and take the requests alternately. A body is sent once.
        statuses.ShouldBe([HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK], ignoreOrder: true);
    }

    [Fact]
    public async Task Path_that_names_its_services_serves_claims_if_they_are_among_them()
    {
        await using GatewayApp gateway = await GatewayApp.StartAsync(map: app =>
        {
            app.MapTunnelRpc("/with", services => services.AddTunnelGateway());
            app.MapTunnelRpc("/without", _ => { });
        });
        await using OriginHost with = await OriginHost.StartAsync(
            gateway.Address("/with"), client => client.AddHttpOrigin("one", new Uri("http://127.0.0.1:9")));
        await using OriginHost without = await OriginHost.StartAsync(
            gateway.Address("/without"), client => client.AddHttpOrigin("two", new Uri("http://127.0.0.1:9")));

        await with.Claim("one").WaitUntilClaimedAsync().DefaultTimeout();
        await Eventually.TrueAsync(() => without.Claim("two").State == HttpOriginState.Refused);

        without.Claim("two").Refusal!.ShouldContain("no gateway");
    }

    [Theory]
    [InlineData("Shop")]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void Text_that_is_no_name_is_refused_when_it_is_added(string name) => Should.Throw<ArgumentException>(
        () => new ServiceCollection().AddTunnelClient(_ => { }).AddHttpOrigin(name, new Uri("http://127.0.0.1:9")));
}
