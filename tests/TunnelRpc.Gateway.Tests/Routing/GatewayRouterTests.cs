using System.Security.Claims;
using Microsoft.Extensions.Options;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Tests.Routing;

/// <summary>Names, owners, limits and the choice of an origin.</summary>
public sealed class GatewayRouterTests
{
    private static readonly GatewayOwner Alice = new("user", "alice");
    private static readonly GatewayOwner Bob = new("user", "bob");

    [Fact]
    public void Owner_adds_origins_and_another_owner_does_not()
    {
        GatewayRouter router = Create();
        using GatewayClaim first = Claim(router, "shop", Alice);
        using GatewayClaim second = Claim(router, "shop", Alice);

        router.TryClaim("shop", Bob, new FakeOrigin(), out _, out GatewayRefusal? refusal).ShouldBeFalse();

        refusal!.Kind.ShouldBe(GatewayRefusalKind.Taken);
        router.Names.Single().Origins.Count.ShouldBe(2);
    }

    [Fact]
    public void Token_is_not_a_user_of_the_same_text()
    {
        GatewayRouter router = Create();
        using GatewayClaim first = Claim(router, "shop", Alice);

        router.TryClaim("shop", new GatewayOwner("token", "alice"), null, out _, out GatewayRefusal? refusal).ShouldBeFalse();

        refusal!.Kind.ShouldBe(GatewayRefusalKind.Taken);
    }

    [Fact]
    public void Name_is_free_after_its_last_claim()
    {
        GatewayRouter router = Create();
        GatewayClaim first = Claim(router, "shop", Alice);
        GatewayClaim second = Claim(router, "shop", Alice);

        first.Dispose();
        first.Dispose();
        router.IsClaimed("shop").ShouldBeTrue();
        second.Dispose();

        router.IsClaimed("shop").ShouldBeFalse();
        Claim(router, "shop", Bob).Dispose();
    }

    [Fact]
    public void Limits_refuse_further_claims_and_are_named()
    {
        GatewayRouter router = Create(options => (options.MaxNames, options.MaxNamesPerOwner, options.MaxOriginsPerName) = (3, 2, 2));
        GatewayClaim one = Claim(router, "one", Alice);
        Claim(router, "one", Alice);
        Claim(router, "two", Alice);

        Refuse(router, "one", Alice).ShouldContain("MaxOriginsPerName");
        Refuse(router, "three", Alice).ShouldContain("MaxNamesPerOwner");
        Claim(router, "three", Bob);
        Refuse(router, "four", Bob).ShouldContain("MaxNames)");
        one.Dispose();
        Claim(router, "one", Alice);
    }

    [Fact]
    public void Names_without_a_user_are_limited_by_the_address_of_their_first_claim()
    {
        GatewayRouter router = Create(options => options.MaxNamesPerRemoteAddress = 2);
        GatewayClaim one = Claim(router, "one", Token("a"), "[2001:db8::1]:1");
        Claim(router, "one", Token("a"), "[2001:db8::1]:2");
        Claim(router, "two", Token("b"), "[2001:db8::ffff:2]:3");

        // A network of 2^64 addresses is one address.
        Refuse(router, "three", Token("c"), "[2001:db8::3]:4").ShouldContain("MaxNamesPerRemoteAddress");
        Claim(router, "three", Token("c"), "[2001:db8:0:1::1]:1");
        Claim(router, "four", Token("d"), "192.0.2.1:1");
        Claim(router, "five", new GatewayOwner("user", "ann") { User = new ClaimsPrincipal() }, "[2001:db8::1]:5");
        Claim(router, "six", Token("e"), null);

        one.Dispose();
        Refuse(router, "seven", Token("f"), "[2001:db8::1]:6").ShouldContain("MaxNamesPerRemoteAddress");
        Claim(router, "one", Token("a"), "[2001:db8::1]:7");
    }

    [Fact]
    public void Origin_with_the_fewest_requests_is_selected()
    {
        GatewayRouter router = Create();
        GatewayClaim first = Claim(router, "shop", Alice);
        GatewayClaim second = Claim(router, "shop", Alice);

        GatewayPermit a = Route(router);
        GatewayPermit b = Route(router);
        a.Claim.ShouldBe(first);
        b.Claim.ShouldBe(second);
        b.Dispose();
        GatewayPermit c = Route(router);
        c.Claim.ShouldBe(second);
        a.Dispose();
        c.Dispose();

        // Both are idle: the one that was used the longest time ago.
        Route(router).Claim.ShouldBe(first);
        router.Names.Single().Requests.ShouldBe(1);
    }

    [Fact]
    public void Tried_origins_and_claims_without_an_origin_are_not_selected()
    {
        GatewayRouter router = Create();
        GatewayClaim first = Claim(router, "shop", Alice);
        router.TryClaim("shop", Alice, null, out _, out _).ShouldBeTrue();

        router.TryRoute("shop", [first], out _).ShouldBe(GatewayRouteFailure.NoOrigin);
        router.TryRoute("other", null, out _).ShouldBe(GatewayRouteFailure.UnknownName);
    }

    [Fact]
    public void Requests_above_a_limit_are_refused()
    {
        GatewayRouter router = Create(options => (options.MaxRequestsPerName, options.MaxTotalRequests) = (2, 3));
        Claim(router, "shop", Alice);
        Claim(router, "other", Bob);
        GatewayPermit first = Route(router);
        Route(router);

        router.TryRoute("shop", null, out _).ShouldBe(GatewayRouteFailure.NameLimit);
        router.TryRoute("other", null, out _).ShouldBe(GatewayRouteFailure.None);
        router.TryRoute("other", null, out _).ShouldBe(GatewayRouteFailure.TotalLimit);
        first.Dispose();
        router.TryRoute("other", null, out _).ShouldBe(GatewayRouteFailure.None);
    }

    [Theory]
    [InlineData("/apps/{name}", false, "apps/shop/")]
    [InlineData("/{name}/", false, "shop/")]
    [InlineData("{name}.apps.example", true, "https://shop.apps.example/")]
    [InlineData("{name}.apps.example:8443", true, "https://shop.apps.example:8443/")]
    public void Pattern_is_a_path_or_a_host(string text, bool isHost, string address)
    {
        GatewayPattern pattern = GatewayPattern.Parse(text);

        pattern.IsHost.ShouldBe(isHost);
        pattern.GetAddress("shop", null).ToString().ShouldBe(address);
    }

    [Fact]
    public void Address_of_a_pattern_is_at_the_server_that_was_reached()
    {
        var reached = new Uri("http://relay:5080/tunnel");

        GatewayPattern.Parse("/apps/{name}").GetAddress("shop", reached).ShouldBe(new Uri("http://relay:5080/apps/shop/"));
        GatewayPattern.Parse("{name}.apps.example").GetAddress("shop", reached).ShouldBe(new Uri("http://shop.apps.example:5080/"));
    }

    [Theory]
    [InlineData("/apps")]
    [InlineData("/apps/{name}/x")]
    [InlineData("/apps/x{name}")]
    [InlineData("/{a}/{name}")]
    [InlineData("apps.example")]
    [InlineData("x.{name}.example")]
    [InlineData("{name}.example/x")]
    [InlineData("")]
    public void Text_that_is_no_pattern_is_refused(string text) => Should.Throw<ArgumentException>(() => GatewayPattern.Parse(text));

    private static GatewayRouter Create(Action<TunnelGatewayOptions>? configure = null)
    {
        TunnelGatewayOptions options = new TunnelGatewayOptions().AllowAnyClaim();
        configure?.Invoke(options);
        return new GatewayRouter(Options.Create(options));
    }

    private static GatewayOwner Token(string digest) => new("token", digest);

    private static GatewayClaim Claim(GatewayRouter router, string name, GatewayOwner owner, string? remoteEndPoint = null)
    {
        router.TryClaim(name, owner, new FakeOrigin(remoteEndPoint), out GatewayClaim? claim, out GatewayRefusal? refusal)
            .ShouldBeTrue(refusal?.Message);
        return claim!;
    }

    private static string Refuse(GatewayRouter router, string name, GatewayOwner owner, string? remoteEndPoint = null)
    {
        router.TryClaim(name, owner, new FakeOrigin(remoteEndPoint), out _, out GatewayRefusal? refusal).ShouldBeFalse();
        refusal!.Kind.ShouldBe(GatewayRefusalKind.LimitReached);
        return refusal.Message;
    }

    private static GatewayPermit Route(GatewayRouter router)
    {
        router.TryRoute("shop", null, out GatewayPermit permit).ShouldBe(GatewayRouteFailure.None);
        return permit;
    }

    private sealed class FakeOrigin(string? remoteEndPoint = null) : IGatewayOrigin
    {
        public string Dialect => "tunnel";

        public string? RemoteEndPoint => remoteEndPoint;

        public ValueTask<GatewayResponse> SendAsync(GatewayRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The router does not send.");
    }
}
