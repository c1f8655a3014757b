using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Server.Tests.Expiry;

/// <summary>A server whose users have tokens that expire, on a fake clock that both sides use.</summary>
internal sealed class TokenApp : IAsyncDisposable
{
    private TokenApp(WebApplication app, FakeTimeProvider time, RecordingLoggerFactory log)
    {
        App = app;
        Time = time;
        Log = log;
    }

    public WebApplication App { get; }

    public FakeTimeProvider Time { get; }

    public RecordingLoggerFactory Log { get; }

    public ITunnelSessions Sessions => App.Services.GetRequiredService<ITunnelSessions>();

    public Uri Address(string path = "/tunnel", bool http2 = false) => new(App.Urls.ElementAt(http2 ? 1 : 0) + path);

    public static async Task<TokenApp> StartAsync(
        IClock service, Action<TunnelServerOptions>? configure = null, LogLevel minimumLogLevel = LogLevel.Trace)
    {
        var time = new FakeTimeProvider();
        var log = new RecordingLoggerFactory { MinimumLevel = minimumLogLevel };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSingleton<ILoggerFactory>(log);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddAuthentication("token").AddScheme<AuthenticationSchemeOptions, TokenAuthentication>("token", null);
        builder.Services.AddAuthorization();
        builder.Services.AddTunnelRpc(options =>
        {
            options.TimeProvider = time;
            options.KeepAliveInterval = TimeSpan.FromHours(12);
            configure?.Invoke(options);
        }).AddService(service);
        WebApplication app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTunnelRpc("/tunnel").RequireAuthorization();
        app.MapTunnelRpc("/other").RequireAuthorization();
        await app.StartAsync();
        return new TokenApp(app, time, log);
    }

    /// <summary>A token of a user that expires after a time from now.</summary>
    public string CreateToken(string user, TimeSpan lifetime, string role = "") => string.Create(
        CultureInfo.InvariantCulture, $"{user};{role};{(Time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds()}");

    public Task<TunnelClient> ConnectAsync(
        Func<string> token, string transport = "upgrade", Action<TunnelClientOptions>? configure = null) =>
        TunnelClient.ConnectAsync(
            Address(http2: transport is "http2-post" or "extended-connect"),
            options =>
            {
                options.TimeProvider = Time;
                options.KeepAliveInterval = TimeSpan.FromHours(12);
                options.AccessTokenProvider = _ => ValueTask.FromResult<string?>(token());
                foreach (ITransport other in options.Transports.Where(t => t.Name != transport).ToArray())
                {
                    options.Transports.Remove(other);
                }

                configure?.Invoke(options);
            },
            Log);

    /// <summary>Advances the clock until a condition holds.</summary>
    public Task AdvanceUntilAsync(Func<bool> condition) =>
        Eventually.TrueAsync(condition, () => Time.Advance(TimeSpan.FromMilliseconds(200)));

    public async ValueTask DisposeAsync() => await App.DisposeAsync();

    private sealed class TokenAuthentication(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? header = Request.Headers.Authorization;
            if (header?.StartsWith("Bearer ", StringComparison.Ordinal) is not true)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            string[] parts = header["Bearer ".Length..].Split(';');
            if (parts.Length != 3
                || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
                || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            {
                return Task.FromResult(AuthenticateResult.Fail("This is no token."));
            }

            var expires = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            if (expires <= TimeProvider.GetUtcNow())
            {
                return Task.FromResult(AuthenticateResult.Fail("The token has expired."));
            }

            var identity = new ClaimsIdentity(
                [new Claim(ClaimTypes.Name, parts[0]), new Claim("sub", "id-" + parts[0]), new Claim(ClaimTypes.Role, parts[1])], "token");
            var properties = new AuthenticationProperties { ExpiresUtc = expires };
            return Task.FromResult(
                AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), properties, "token")));
        }
    }
}
