using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Calls;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Tests.Security;

/// <summary>The clients and servers that get a session inside end-to-end TLS, and the messages of refusals.</summary>
public sealed class EndToEndTlsTests
{
    private const string Host = "in-memory.invalid";

    private static readonly X509Certificate2 Certificate = TestAuthority.Shared.IssueServer(Host);

    [Fact]
    public async Task Trusted_root_gives_a_session_that_both_sides_know_to_be_encrypted()
    {
        await using TunnelTestHost host = await StartAsync();

        host.Client.IsConnected.ShouldBeTrue();
        host.Client.Report!.Winner!.Reason.ShouldBe("");
        host.Client.CurrentPeer!.SessionInfo.IsEndToEndEncrypted.ShouldBeTrue();
        TunnelSessionInfo served = host.Server.Sessions.ShouldHaveSingleItem().Peer.SessionInfo;
        served.IsEndToEndEncrypted.ShouldBeTrue();
        served.ClientCertificate.ShouldBeNull();
    }

    [Fact]
    public async Task Certificate_with_another_name_is_refused()
    {
        string reason = await FailAsync(client: tls => tls.TargetHost = "other.invalid");

        reason.ShouldContain("CN=in-memory.invalid, issued by CN=Test Root");
        reason.ShouldContain("it is not made out to \"other.invalid\"");
    }

    [Fact]
    public async Task Certificate_of_an_unknown_authority_is_refused()
    {
        string reason = await FailAsync(client: tls => tls.TrustedRoots.Clear());

        reason.ShouldContain("its chain is not trusted");
    }

    [Fact]
    public async Task Certificate_of_an_untrusted_root_is_refused()
    {
        string reason = await FailAsync(client: tls =>
        {
            tls.TrustedRoots.Clear();
            tls.TrustedRoots.Add(new TestAuthority("Another").Root);
        });

        reason.ShouldContain("its chain is not trusted");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pinned_certificate_is_accepted_despite_name_and_issuer(bool colons)
    {
        string pin = Certificate.GetCertHashString(HashAlgorithmName.SHA256);
        await using TunnelTestHost host = await StartAsync(client: tls =>
        {
            tls.TrustedRoots.Clear();
            tls.TargetHost = "other.invalid";
            tls.PinnedCertificates.Add(new string('0', 64));
            tls.PinnedCertificates.Add(colons ? string.Join(':', pin.Chunk(2).Select(pair => new string(pair))).ToLowerInvariant() : pin);
        });

        host.Client.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public async Task Valid_certificate_that_is_not_pinned_is_refused()
    {
        string reason = await FailAsync(client: tls =>
        {
            tls.TrustedRoots.Clear();
            tls.PinnedCertificates.Add(new string('0', 64));
        });

        reason.ShouldContain("it is none of the 1 in PinnedCertificates");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServerCertificateValidation_overrides_the_platform(bool accepts)
    {
        void Configure(TunnelClientTlsOptions tls)
        {
            tls.TrustedRoots.Clear();
            tls.ServerCertificateValidation = (_, certificate, _, _) => accepts && certificate!.Subject == $"CN={Host}";
        }

        if (accepts)
        {
            await using TunnelTestHost host = await StartAsync(client: Configure);
            host.Client.IsConnected.ShouldBeTrue();
        }
        else
        {
            string reason = await FailAsync(client: Configure);
            reason.ShouldContain("ServerCertificateValidation refuses it (the platform's check: its chain is not trusted");
        }
    }

    [Fact]
    public async Task Client_certificate_is_available_and_mapped_to_the_user()
    {
        X509Certificate2 certificate = TestAuthority.Shared.IssueClient("agent-7");
        await using TunnelTestHost host = await StartAsync(
            server: tls =>
            {
                RequireClientCertificates(tls);
                tls.MapClientCertificate = MapToUser;
            },
            client: tls => tls.ClientCertificate = certificate);

        TunnelSessionInfo session = host.Server.Sessions.ShouldHaveSingleItem().Peer.SessionInfo;
        session.ClientCertificate.ShouldNotBeNull().Thumbprint.ShouldBe(certificate.Thumbprint);
        session.User!.Identity!.Name.ShouldBe("agent-7");
    }

    [Fact]
    public async Task Missing_required_client_certificate_is_refused_with_a_message()
    {
        string reason = await FailAsync(server: RequireClientCertificates);

        reason.ShouldContain("The server refused the session: This server requires a client certificate in end-to-end TLS, and got none");
    }

    [Fact]
    public async Task Missing_allowed_client_certificate_is_accepted()
    {
        await using TunnelTestHost host = await StartAsync(server: tls =>
        {
            RequireClientCertificates(tls);
            tls.ClientCertificateMode = TunnelClientCertificateMode.AllowCertificate;
        });

        host.Server.Sessions.ShouldHaveSingleItem().Peer.SessionInfo.ClientCertificate.ShouldBeNull();
    }

    [Theory]
    [InlineData(TunnelClientCertificateMode.AllowCertificate)]
    [InlineData(TunnelClientCertificateMode.RequireCertificate)]
    public async Task Client_certificate_of_an_untrusted_root_is_refused(TunnelClientCertificateMode mode)
    {
        string reason = await FailAsync(
            server: tls =>
            {
                RequireClientCertificates(tls);
                tls.ClientCertificateMode = mode;
            },
            client: tls => tls.ClientCertificate = new TestAuthority("Another").IssueClient("agent-7"));

        reason.ShouldContain("This server does not accept the client certificate CN=agent-7: its chain is not trusted");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientCertificateValidation_overrides_the_platform(bool accepts)
    {
        void Configure(TunnelServerTlsOptions tls)
        {
            tls.ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (_, _, _, _) => accepts;
        }

        X509Certificate2 certificate = new TestAuthority("Another").IssueClient("agent-7");
        if (accepts)
        {
            await using TunnelTestHost host = await StartAsync(Configure, tls => tls.ClientCertificate = certificate);
            host.Client.IsConnected.ShouldBeTrue();
        }
        else
        {
            string reason = await FailAsync(Configure, tls => tls.ClientCertificate = certificate);
            reason.ShouldContain("This server does not accept the client certificate CN=agent-7.");
        }
    }

    [Fact]
    public async Task CertificateSelector_selects_by_the_requested_name()
    {
        X509Certificate2 other = TestAuthority.Shared.IssueServer("other.invalid");
        void Select(TunnelServerTlsOptions tls)
        {
            tls.Certificate = null;
            tls.CertificateSelector = name => name == "other.invalid" ? other : name == Host ? Certificate : null;
        }

        await using TunnelTestHost host = await StartAsync(Select);
        await using TunnelClient second = await host.ConnectAsync(o => o.EndToEndTls!.TargetHost = "other.invalid");

        second.IsConnected.ShouldBeTrue();
        TunnelConnectException failure = await Should.ThrowAsync<TunnelConnectException>(
            () => host.ConnectAsync(o => (o.EndToEndTls!.TargetHost, o.ConnectTimeout) = ("third.invalid", TimeSpan.Zero)));
        failure.Message.ShouldContain("end-to-end TLS: the connection ended during the TLS handshake with the server");
    }

    [Fact]
    public async Task Server_without_end_to_end_TLS_refuses_with_a_message()
    {
        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelTestHost.StartAsync(
                _ => { }, o => o.ConfigureClient = client => client.EndToEndTls = new TunnelClientTlsOptions()).DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldStartWith(
            "The server refused the session before TLS: This server does not offer end-to-end TLS");
    }

    [Fact]
    public async Task Plain_client_is_refused_with_a_message_when_TLS_is_required()
    {
        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelTestHost.StartAsync(_ => { }, o => o.ConfigureServer = server => server.EndToEndTls = Offer()).DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldBe(
            "The server refused the session: This server requires end-to-end TLS, and got a client without it: set "
            + "TunnelClientOptions.EndToEndTls.");
    }

    [Fact]
    public async Task Plain_and_TLS_clients_are_accepted_when_TLS_is_not_required()
    {
        await using TunnelTestHost host = await StartAsync(server: tls => tls.RequireEncryption = false);

        await using TunnelClient plain = await host.ConnectAsync(o => o.EndToEndTls = null);

        host.Server.Sessions.Select(s => s.Peer.SessionInfo.IsEndToEndEncrypted).ShouldBe([true, false], ignoreOrder: true);
    }

    [Fact]
    public async Task Different_outer_certificate_is_noted_in_the_report()
    {
        var outer = new TransportCertificate("CN=in-memory.invalid", "CN=Corporate Proxy", new string('A', 64));
        await using TunnelTestHost host = await StartAsync();

        await using TunnelClient intercepted = await host.ConnectAsync(
            o => o.Transports[0] = new CapturingTransport(o.Transports[0], outer));
        await using TunnelClient direct = await host.ConnectAsync(o => o.Transports[0] = new CapturingTransport(
            o.Transports[0], outer with { Thumbprint = Certificate.GetCertHashString(HashAlgorithmName.SHA256) }));

        intercepted.Report!.Winner!.Reason.ShouldStartWith(
            "TLS to in-memory.invalid was terminated with the certificate CN=in-memory.invalid, issued by CN=Corporate Proxy; the server's "
            + "own "
            + "certificate in end-to-end TLS is CN=in-memory.invalid, issued by CN=Test Root. ");
        direct.Report!.Winner!.Reason.ShouldBe("");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_is_unreadable_on_the_wire_with_TLS_only(bool encrypted)
    {
        CapturingTransport? tap = null;
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(
            services => services.AddService<IProbe>(new ProbeService()),
            o =>
            {
                o.ConfigureServer = server => server.EndToEndTls = encrypted ? Offer() : null;
                o.ConfigureClient = client =>
                {
                    client.EndToEndTls = encrypted ? Trust() : null;
                    client.Transports[0] = tap = new CapturingTransport(client.Transports[0]);
                };
            });

        byte[] key = host.Client.CurrentPeer!.Parameters.Ticket.Key;
        byte[] captured = tap!.Captured;

        // The run without TLS proves that the capture has the plaintext.
        (captured.AsSpan().IndexOf(key) < 0).ShouldBe(encrypted);
        (captured.AsSpan().IndexOf("TRPC"u8) < 0).ShouldBe(encrypted);
        (Encoding.Latin1.GetString(captured).Contains(Convert.ToHexString(key), StringComparison.OrdinalIgnoreCase)).ShouldBeFalse();
        captured[0].ShouldBe(encrypted ? (byte)0x16 : (byte)0x01);
    }

    private static ClaimsPrincipal MapToUser(X509Certificate2 certificate) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, certificate.GetNameInfo(X509NameType.SimpleName, false))], "certificate"));

    private static TunnelServerTlsOptions Offer() => new() { Certificate = Certificate };

    private static TunnelClientTlsOptions Trust()
    {
        var tls = new TunnelClientTlsOptions();
        tls.TrustedRoots.Add(TestAuthority.Shared.Root);
        return tls;
    }

    private static void RequireClientCertificates(TunnelServerTlsOptions tls)
    {
        tls.ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate;
        tls.TrustedClientRoots.Add(TestAuthority.Shared.Root);
    }

    private static Task<TunnelTestHost> StartAsync(
        Action<TunnelServerTlsOptions>? server = null, Action<TunnelClientTlsOptions>? client = null) =>
        TunnelTestHost.StartAsync(
            _ => { },
            o =>
            {
                o.ConfigureServer = options =>
                {
                    options.EndToEndTls = Offer();
                    server?.Invoke(options.EndToEndTls);
                };
                o.ConfigureClient = options =>
                {
                    options.EndToEndTls = Trust();
                    client?.Invoke(options.EndToEndTls);
                };
            }).DefaultTimeout();

    /// <summary>Starts a host whose client fails to connect, and returns the reason of its only attempt.</summary>
    private static async Task<string> FailAsync(
        Action<TunnelServerTlsOptions>? server = null, Action<TunnelClientTlsOptions>? client = null) =>
        (await Should.ThrowAsync<TunnelConnectException>(() => StartAsync(server, client))).Report.Attempts.ShouldHaveSingleItem().Reason;
}
