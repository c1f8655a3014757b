using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication.Certificate;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>Client certificates (mutual TLS) with the certificate authentication of ASP.NET Core.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly ConcurrentQueue<HttpContext> _exchanges = new();
    private readonly X509Certificate2 _server = Create("CN=localhost");
    private readonly X509Certificate2 _keeper = Create("CN=ann, OU=keeper");
    private readonly X509Certificate2 _visitor = Create("CN=bob, OU=visitor");

    public void Dispose()
    {
        _server.Dispose();
        _keeper.Dispose();
        _visitor.Dispose();
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    [InlineData("two-connection")]
    [InlineData("n-plus-one")]
    [InlineData("long-poll")]
    public async Task Certificate_is_the_user_of_the_session_and_of_its_calls(string transport)
    {
        await using WebApplication app = await StartAsync();
        await using TunnelClient keeper = await ConnectAsync(app, _keeper, transport);
        await using TunnelClient visitor = await ConnectAsync(app, _visitor, transport);

        (await keeper.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        await AuthorizationAttributeTests.ShouldBeRefusedAsync(visitor.Get<IVault>().LookAsync(), TunnelStatus.PermissionDenied);
        app.Services.GetRequiredService<ITunnelSessions>().OfUser("ann").ShouldHaveSingleItem().Id.ShouldBe(keeper.SessionId);
    }

    [Fact]
    public async Task Session_that_lost_its_connection_resumes_with_the_certificate()
    {
        await using WebApplication app = await StartAsync();
        await using TunnelClient client = await ConnectAsync(app, _keeper, "upgrade");
        string session = client.SessionId!;
        IVault vault = client.Get<IVault>();
        await vault.LookAsync().DefaultTimeout();

        _exchanges.TryDequeue(out HttpContext? first).ShouldBeTrue();
        first.Abort();

        (await vault.LookAsync().DefaultTimeout()).ShouldBe("look");
        client.SessionId.ShouldBe(session);
        _exchanges.ShouldHaveSingleItem().Connection.ClientCertificate!.Thumbprint.ShouldBe(_keeper.Thumbprint);
    }

    [Fact]
    public async Task Client_without_a_certificate_is_refused_by_the_path()
    {
        await using WebApplication app = await StartAsync();

        TunnelConnectException error = await Should.ThrowAsync<TunnelConnectException>(() => ConnectAsync(app, null, "upgrade"));

        error.Message.ShouldContain("403");
    }

    private static X509Certificate2 Create(string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    private Task<TunnelClient> ConnectAsync(WebApplication app, X509Certificate2? certificate, string transport) =>
        TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/tunnel"), options =>
        {
            options.ConnectTimeout = TimeSpan.Zero;
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => _server.Equals(certificate);
            foreach (ITransport other in options.Transports.Where(t => t.Name != transport).ToArray())
            {
                options.Transports.Remove(other);
            }

            if (certificate is not null)
            {
                options.ClientCertificates.Add(certificate);
            }
        }).DefaultTimeout();

    private async Task<WebApplication> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = _server;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        builder.Services.AddAuthentication(CertificateAuthenticationDefaults.AuthenticationScheme).AddCertificate(options =>
        {
            options.AllowedCertificateTypes = CertificateTypes.All;
            options.RevocationMode = X509RevocationMode.NoCheck;
            options.ValidateCertificateUse = false;
            options.Events = new CertificateAuthenticationEvents
            {
                // A self-signed certificate is its own chain: who may come in is decided here.
                OnCertificateValidated = context =>
                {
                    X509Certificate2 certificate = context.ClientCertificate;
                    string role = certificate.Subject.Contains("OU=keeper", StringComparison.Ordinal) ? "keeper" : "visitor";
                    context.Principal = new ClaimsPrincipal(new ClaimsIdentity(
                        [
                            new Claim(ClaimTypes.Name, certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)),
                            new Claim(ClaimTypes.Role, role),
                        ],
                        context.Scheme.Name));
                    context.Success();
                    return Task.CompletedTask;
                },
            };
        });
        builder.Services.AddAuthorization();
        builder.Services.AddTunnelRpc().AddService<IVault, KeeperVault>();
        WebApplication app = builder.Build();
        app.Use((context, next) =>
        {
            _exchanges.Enqueue(context);
            return next(context);
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTunnelRpc("/tunnel").RequireAuthorization();
        await app.StartAsync();
        return app;
    }
}
