using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Diagnostics;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Server.Tests.Broadcasts;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Secrets;

/// <summary>
/// Bearer tokens, cookies, session keys, proofs of resumptions and of refreshes, and the private keys of certificates are in no log at any
/// level of either side, in no exception, and in no report or text for a debugger.
/// </summary>
public sealed class IdentitySecretsTests : IDisposable
{
    private static readonly SymmetricSecurityKey SigningKey = new(RandomNumberGenerator.GetBytes(32));

    private readonly X509Certificate2 _serverCertificate = CreateCertificate("CN=server");
    private readonly X509Certificate2 _clientCertificate = CreateCertificate("CN=client");
    private readonly string _cookie = "cookie" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private readonly RecordingLoggerFactory _log = new();

    // What requests had in the headers that carry secrets.
    private readonly ConcurrentQueue<(string Header, string Value)> _received = new();
    private readonly ConcurrentQueue<string> _tokens = new();

    public static TheoryData<string> Transports => new(
    [
        "upgrade", "websocket", "reverse-http", "http2-post", "extended-connect", "two-connection", "n-plus-one", "long-poll",
    ]);

    public void Dispose()
    {
        _serverCertificate.Dispose();
        _clientCertificate.Dispose();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Secrets_of_users_and_sessions_are_in_no_log_exception_or_report(string transport)
    {
        await using WebApplication app = await StartAsync();
        string user = "ann";
        SecurityKey key = SigningKey;
        List<string> texts = [];
        List<byte[]> secretBytes = [PrivateKeyOf(_clientCertificate), _clientCertificate.Export(X509ContentType.Pkcs12)];
        (TunnelClient client, PausableTransport pausable) = await ConnectAsync(app, transport, () => CreateToken(user, key));
        await using (client)
        {
            IVault vault = client.Get<IVault>();
            (await vault.LookAsync().DefaultTimeout()).ShouldBe("look");
            secretBytes.Add(client.CurrentPeer!.Session.Parameters.Ticket.Key);
            await client.RefreshAuthenticationAsync().DefaultTimeout();
            user = "eve";
            texts.Add(await FailAsync(client.RefreshAuthenticationAsync()));
            key = new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32));
            texts.Add(await FailAsync(client.RefreshAuthenticationAsync()));
            (user, key) = ("ann", SigningKey);
            string session = client.SessionId!;
            await pausable.BreakAsync();
            (await vault.LookAsync().DefaultTimeout()).ShouldBe("look");
            client.SessionId.ShouldBe(session);
            texts.AddRange(Describe(app, client));
        }

        key = new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32));
        texts.Add(await FailAsync(ConnectAsync(app, transport, () => CreateToken("eve", key))));

        _received.ShouldContain(r => r.Header == "Cookie" && r.Value.Contains(_cookie));
        _received.ShouldContain(r => r.Header == SessionRefresh.ProofHeader);
        string[] secrets =
        [
            _cookie,
            .. _tokens.Select(token => token.Split('.')[2]),
            .. _received.Where(r => r.Header.StartsWith("TunnelRpc-", StringComparison.Ordinal)).Select(r => r.Value.Split(' ')[^1]),
            .. secretBytes.SelectMany(Encodings),
        ];
        secrets.ShouldAllBe(secret => secret.Length >= 16);
        _log.Lines.ShouldContain(line => line.Contains(transport, StringComparison.Ordinal));
        foreach (string text in texts.Concat(_log.Lines))
        {
            secrets.ShouldAllBe(secret => !text.Contains(secret, StringComparison.OrdinalIgnoreCase), text);
        }
    }

    /// <summary>
    /// Browsers cannot send headers with a WebSocket, so applications accept the token in the query. The logs of ASP.NET Core have the
    /// address of each request; those of TunnelRpc must not have it.
    /// </summary>
    [Theory]
    [InlineData("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Protocol: tunnelrpc.1\r\n", 101)]
    [InlineData("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Protocol: chat\r\n", 400)]
    [InlineData("Upgrade: tunnelrpc\r\nOrigin: http://other.example\r\n", 403)]
    [InlineData("Upgrade: other\r\n", 426)]
    public async Task Token_in_the_query_of_a_request_is_in_no_log_of_the_server(string headers, int expected)
    {
        var log = new CategoryLog();
        await using WebApplication app = await StartAsync(log);
        string token = CreateToken("ann", SigningKey);

        int? status = await Fuzz.RawRequest.SendAsync(new Uri(app.Urls.Last()), System.Text.Encoding.ASCII.GetBytes(
            $"GET /tunnel?access_token={token} HTTP/1.1\r\nHost: {new Uri(app.Urls.Last()).Authority}\r\n"
            + $"Connection: Upgrade\r\n{headers}\r\n"));
        await app.StopAsync().DefaultTimeout();

        status.ShouldBe(expected);
        log.Entries.ShouldContain(e => e.Category.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) && e.Text.Contains(token));
        foreach ((string category, string text) in log.Entries.Where(e => e.Category.StartsWith("TunnelRpc", StringComparison.Ordinal)))
        {
            text.ShouldNotContain(token.Split('.')[2], Case.Insensitive, category);
        }
    }

    private static async Task<string> FailAsync(Task failing) =>
        (await Record.ExceptionAsync(() => failing.DefaultTimeout())).ShouldNotBeNull().ToString();

    private static string[] Encodings(byte[] secret) =>
        [Convert.ToHexString(secret), Convert.ToBase64String(secret), Base64Url.EncodeToString(secret), string.Join(", ", secret)];

    private static byte[] PrivateKeyOf(X509Certificate2 certificate)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return key.ExportParameters(includePrivateParameters: true).D!;
    }

    /// <summary>The texts of reports, snapshots, records and debuggers of both sides.</summary>
    private static IEnumerable<string> Describe(WebApplication app, TunnelClient client)
    {
        Hosting.ServerSession served = app.Services.GetRequiredService<TunnelServer>().Sessions.Single();
        object[] described =
        [
            client, client.Report!, client.CurrentPeer!, client.CurrentPeer!.Session, client.CurrentPeer!.Session.Paths,
            client.CurrentPeer!.Session.Parameters, client.CurrentPeer!.Session.Parameters.Ticket, served, served.Info, served.Peer,
            served.Session, served.Session.Paths, served.Session.Parameters, served.Session.Parameters.Ticket,
            served.Session.Parameters.Connection, served.Partitions!, SessionSnapshot.Of(served.Peer),
            SessionSnapshot.Of(client.CurrentPeer!),
        ];
        foreach (object item in described)
        {
            yield return item.ToString()!;
            if (item.GetType().GetProperty("DebuggerDisplay", BindingFlags.Instance | BindingFlags.NonPublic) is { } display)
            {
                yield return (string)display.GetValue(item)!;
            }
        }

        foreach (Func<string> live in LiveState.GetDescriptions())
        {
            yield return live();
        }
    }

    private static X509Certificate2 CreateCertificate(string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        using X509Certificate2 created = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private string CreateToken(string user, SecurityKey key)
    {
        string token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = user, ["jti"] = Guid.NewGuid().ToString("N") },
            Expires = DateTime.UtcNow.AddHours(1),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
        });
        _tokens.Enqueue(token);
        return token;
    }

    private async Task<(TunnelClient Client, PausableTransport Transport)> ConnectAsync(
        WebApplication app, string transport, Func<string> token)
    {
        PausableTransport? pausable = null;
        TunnelClient client = await TunnelClient.ConnectAsync(
            new Uri(app.Urls.First() + "/tunnel"),
            options =>
            {
                options.ConnectTimeout = TimeSpan.Zero;
                options.AttemptTimeout = TimeSpan.FromSeconds(60);
                options.AccessTokenProvider = _ => ValueTask.FromResult<string?>(token());
                options.RemoteCertificateValidationCallback = (_, certificate, _, _) => _serverCertificate.Equals(certificate);
                options.ClientCertificates.Add(_clientCertificate);
                pausable = new PausableTransport(options.Transports.Single(t => t.Name == transport));
                options.Transports.Clear();
                options.Transports.Add(pausable);
            },
            _log).DefaultTimeout();
        return (client, pausable!);
    }

    private async Task<WebApplication> StartAsync(ILoggerFactory? log = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = _serverCertificate;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
            });
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(log ?? _log);
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters = new TokenValidationParameters
            {
                IssuerSigningKey = SigningKey,
                ValidateAudience = false,
                ValidateIssuer = false,
                NameClaimType = "sub",
            };
            options.Events = new JwtBearerEvents
            {
                OnMessageReceived = context =>
                {
                    context.Token = context.Request.Query["access_token"].FirstOrDefault();
                    return Task.CompletedTask;
                },
            };
        });
        builder.Services.AddAuthorization();
        builder.Services.AddTunnelRpc().AddService<IVault>(new OpenVault());
        WebApplication app = builder.Build();
        app.Use(CaptureAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTunnelRpc("/tunnel").RequireAuthorization();
        await app.StartAsync();
        return app;
    }

    private Task CaptureAsync(HttpContext context, RequestDelegate next)
    {
        foreach (string name in (string[])["Cookie", SessionRefresh.ProofHeader, "TunnelRpc-Key"])
        {
            if (context.Request.Headers[name].FirstOrDefault() is { } value)
            {
                _received.Enqueue((name, value));
            }
        }

        context.Response.Cookies.Append("affinity", _cookie);
        return next(context);
    }

    private sealed class CategoryLog : ILoggerFactory
    {
        public ConcurrentQueue<(string Category, string Text)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This factory has no other providers.");

        public void Dispose()
        {
            // Nothing to release.
        }

        private sealed class Logger(CategoryLog log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                log.Entries.Enqueue((category, $"{formatter(state, exception)} {exception}"));
        }
    }
}
