using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>The authentication schemes of ASP.NET Core: bearer tokens that expire in seconds of real time, and cookies.</summary>
public sealed class RealSchemesTests
{
    private static readonly SymmetricSecurityKey Key = new(RandomNumberGenerator.GetBytes(32));

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    [InlineData("long-poll")]
    public async Task Session_outlives_its_bearer_token_and_has_the_claims_of_the_latest_one(string transport)
    {
        await using WebApplication app = await StartAsync(AddJwtBearer, _ => { });
        int tokens = 0;
        await using TunnelClient client = await TunnelClient.ConnectAsync(Address(app), options =>
        {
            options.AccessTokenProvider = _ => ValueTask.FromResult<string?>(CreateToken($"keeper,n{Interlocked.Increment(ref tokens)}"));
            foreach (TunnelRpc.Transports.ITransport other in options.Transports.Where(t => t.Name != transport).ToArray())
            {
                options.Transports.Remove(other);
            }
        });
        string session = client.SessionId!;
        int atConnect = tokens;
        IVault vault = client.Get<IVault>();

        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (tokens < atConnect + 2)
        {
            (await vault.LookAsync().DefaultTimeout()).ShouldBe("look");
            await Task.Delay(50, guard.Token);
        }

        client.SessionId.ShouldBe(session);
        client.Transport.ShouldBe(transport);
        app.Services.GetRequiredService<ITunnelSessions>().OfUser("ann").ShouldHaveSingleItem().Id.ShouldBe(session);
    }

    [Fact]
    public async Task Bearer_token_of_the_wrong_role_is_refused_by_the_call_and_a_forged_one_by_the_path()
    {
        await using WebApplication app = await StartAsync(AddJwtBearer, _ => { });
        await using TunnelClient visitor = await TunnelClient.ConnectAsync(
            Address(app), o => o.AccessTokenProvider = _ => ValueTask.FromResult<string?>(CreateToken("visitor")));

        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visitor.Get<IVault>().LookAsync(), TunnelStatus.PermissionDenied);
        await Should.ThrowAsync<TunnelConnectException>(() => TunnelClient.ConnectAsync(Address(app), o =>
        {
            o.ConnectTimeout = TimeSpan.Zero;
            o.AccessTokenProvider = _ => ValueTask.FromResult<string?>(
                CreateToken("keeper", new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32))));
        }).DefaultTimeout());
    }

    [Fact]
    public async Task Cookie_of_a_sign_in_authenticates_the_session()
    {
        await using WebApplication app = await StartAsync(
            services => services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(),
            a => a.MapGet("/sign-in", async (HttpContext context, string role) => await context.SignInAsync(new ClaimsPrincipal(
                new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann"), new Claim(ClaimTypes.Role, role)], "cookies")))).AllowAnonymous());
        await using TunnelClient keeper = await ConnectAsync(await SignInAsync(app, "keeper"));
        await using TunnelClient visitor = await ConnectAsync(await SignInAsync(app, "visitor"));

        (await keeper.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visitor.Get<IVault>().LookAsync(), TunnelStatus.PermissionDenied);

        Task<TunnelClient> ConnectAsync(string cookie) => TunnelClient.ConnectAsync(Address(app), o => o.Headers["Cookie"] = cookie);
    }

    private static void AddJwtBearer(IServiceCollection services) =>
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters = new TokenValidationParameters
            {
                IssuerSigningKey = Key,
                ValidateAudience = false,
                ValidateIssuer = false,
                RoleClaimType = "role",
                NameClaimType = "sub",
            };
        });

    private static Uri Address(WebApplication app) => new(app.Urls.First() + "/tunnel");

    private static async Task<string> SignInAsync(WebApplication app, string role)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using HttpResponseMessage response = await http.GetAsync(new Uri(app.Urls.First() + "/sign-in?role=" + role)).DefaultTimeout();
        return response.Headers.GetValues("Set-Cookie").First().Split(';')[0];
    }

    private static string CreateToken(string roles, SecurityKey? key = null) => new JsonWebTokenHandler().CreateToken(
        new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = "ann", ["role"] = roles.Split(',') },
            Expires = DateTime.UtcNow.AddSeconds(5),
            SigningCredentials = new SigningCredentials(key ?? Key, SecurityAlgorithms.HmacSha256),
        });

    private static async Task<WebApplication> StartAsync(Action<IServiceCollection> authentication, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        authentication(builder.Services);
        builder.Services.AddAuthorization();
        builder.Services.AddTunnelRpc().AddService<IVault, KeeperVault>();
        WebApplication app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        map(app);
        app.MapTunnelRpc("/tunnel").RequireAuthorization();
        await app.StartAsync();
        return app;
    }
}
