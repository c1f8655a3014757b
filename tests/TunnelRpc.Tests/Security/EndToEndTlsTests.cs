using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TunnelRpc.Client;
using TunnelRpc.Hosting;
using TunnelRpc.Security;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Calls;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Tests.Security;

/// <summary>Who gets a session inside of end-to-end TLS, who does not, and what either is told.</summary>
public sealed class EndToEndTlsTests
{
    private const string Host = "in-memory.invalid";

    private static readonly X509Certificate2 Certificate = TestAuthority.Shared.IssueServer(Host);

    [Fact]
    public async Task A_client_that_trusts_the_servers_root_has_a_session_and_both_sides_know_what_it_is_in()
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
    public async Task A_certificate_made_out_to_another_name_is_not_taken()
    {
        string reason = await FailAsync(client: tls => tls.TargetHost = "other.invalid");

        reason.ShouldContain("CN=in-memory.invalid, issued by CN=Test Root");
        reason.ShouldContain("it is not made out to \"other.invalid\"");
    }

    [Fact]
    public async Task A_certificate_of_an_authority_that_the_platform_does_not_know_is_not_taken()
    {
        string reason = await FailAsync(client: tls => tls.TrustedRoots.Clear());

        reason.ShouldContain("its chain is not trusted");
    }

    [Fact]
    public async Task A_certificate_of_another_root_than_the_trusted_is_not_taken()
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
    public async Task A_pinned_certificate_is_taken_whatever_its_name_and_issuer(bool colons)
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
    public async Task A_certificate_that_is_not_the_pinned_one_is_not_taken_however_good_it_is()
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
    public async Task A_validation_of_the_clients_own_decides_alone(bool takes)
    {
        void Configure(TunnelClientTlsOptions tls)
        {
            tls.TrustedRoots.Clear();
            tls.ServerCertificateValidation = (_, certificate, _, _) => takes && certificate!.Subject == $"CN={Host}";
        }

        if (takes)
        {
            await using TunnelTestHost host = await StartAsync(client: Configure);
            host.Client.IsConnected.ShouldBeTrue();
        }
        else
        {
            (await FailAsync(client: Configure)).ShouldContain("ServerCertificateValidation refuses it (the platform's check: its chain is not trusted");
        }
    }

    [Fact]
    public async Task A_clients_certificate_reaches_the_service_and_can_be_its_user()
    {
        X509Certificate2 certificate = TestAuthority.Shared.IssueClient("agent-7");
        await using TunnelTestHost host = await StartAsync(
            server: tls =>
            {
                WantClients(tls);
                tls.MapClientCertificate = shown => new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, shown.GetNameInfo(X509NameType.SimpleName, false))], "certificate"));
            },
            client: tls => tls.ClientCertificate = certificate);

        TunnelSessionInfo session = host.Server.Sessions.ShouldHaveSingleItem().Peer.SessionInfo;
        session.ClientCertificate.ShouldNotBeNull().Thumbprint.ShouldBe(certificate.Thumbprint);
        session.User!.Identity!.Name.ShouldBe("agent-7");
    }

    [Fact]
    public async Task A_client_without_the_certificate_that_is_wanted_is_told_so()
    {
        string reason = await FailAsync(server: WantClients);

        reason.ShouldContain("The server refused the session: This server wants a client certificate in end-to-end TLS, and got none");
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_served_where_one_is_only_allowed()
    {
        await using TunnelTestHost host = await StartAsync(server: tls =>
        {
            WantClients(tls);
            tls.ClientCertificateMode = TunnelClientCertificateMode.AllowCertificate;
        });

        host.Server.Sessions.ShouldHaveSingleItem().Peer.SessionInfo.ClientCertificate.ShouldBeNull();
    }

    [Theory]
    [InlineData(TunnelClientCertificateMode.AllowCertificate)]
    [InlineData(TunnelClientCertificateMode.RequireCertificate)]
    public async Task A_client_certificate_of_another_authority_is_refused(TunnelClientCertificateMode wanted)
    {
        string reason = await FailAsync(
            server: tls =>
            {
                WantClients(tls);
                tls.ClientCertificateMode = wanted;
            },
            client: tls => tls.ClientCertificate = new TestAuthority("Another").IssueClient("agent-7"));

        reason.ShouldContain("This server does not accept the client certificate CN=agent-7: its chain is not trusted");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_validation_of_the_servers_own_decides_alone_about_clients(bool takes)
    {
        void Configure(TunnelServerTlsOptions tls)
        {
            tls.ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (_, _, _, _) => takes;
        }

        X509Certificate2 certificate = new TestAuthority("Another").IssueClient("agent-7");
        if (takes)
        {
            await using TunnelTestHost host = await StartAsync(Configure, tls => tls.ClientCertificate = certificate);
            host.Client.IsConnected.ShouldBeTrue();
        }
        else
        {
            (await FailAsync(Configure, tls => tls.ClientCertificate = certificate)).ShouldContain("This server does not accept the client certificate CN=agent-7.");
        }
    }

    [Fact]
    public async Task A_server_shows_the_certificate_of_the_name_that_was_asked_for()
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
        (await Should.ThrowAsync<TunnelConnectException>(() => host.ConnectAsync(o => (o.EndToEndTls!.TargetHost, o.ConnectTimeout) = ("third.invalid", TimeSpan.Zero))))
            .Message.ShouldContain("end-to-end TLS: the path ended in the middle of the TLS handshake with the server");
    }

    [Fact]
    public async Task A_server_that_offers_none_says_so()
    {
        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelTestHost.StartAsync(_ => { }, o => o.ConfigureClient = client => client.EndToEndTls = new TunnelClientTlsOptions()).DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldStartWith("The server refused the session before TLS: This server does not offer end-to-end TLS");
    }

    [Fact]
    public async Task A_server_that_requires_it_refuses_a_plain_client_with_words()
    {
        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(
            () => TunnelTestHost.StartAsync(_ => { }, o => o.ConfigureServer = server => server.EndToEndTls = new TunnelServerTlsOptions { Certificate = Certificate }).DefaultTimeout());

        failed.Report.Attempts.ShouldHaveSingleItem().Reason.ShouldBe("The server refused the session: This server takes end-to-end TLS only, and got a client without it: set TunnelClientOptions.EndToEndTls.");
    }

    [Fact]
    public async Task A_server_that_does_not_require_it_serves_both()
    {
        await using TunnelTestHost host = await StartAsync(server: tls => tls.RequireEncryption = false);

        await using TunnelClient plain = await host.ConnectAsync(o => o.EndToEndTls = null);

        host.Server.Sessions.Select(s => s.Peer.SessionInfo.IsEndToEndEncrypted).ShouldBe([true, false], ignoreOrder: true);
    }

    [Fact]
    public async Task A_path_whose_own_certificate_is_another_one_is_remarked_on()
    {
        var outer = new TransportCertificate("CN=in-memory.invalid", "CN=Corporate Proxy", new string('A', 64));
        await using TunnelTestHost host = await StartAsync();

        await using TunnelClient intercepted = await host.ConnectAsync(o => o.Transports[0] = new CapturingTransport(o.Transports[0], outer));
        await using TunnelClient direct = await host.ConnectAsync(o => o.Transports[0] = new CapturingTransport(
            o.Transports[0], outer with { Thumbprint = Certificate.GetCertHashString(HashAlgorithmName.SHA256) }));

        intercepted.Report!.Winner!.Reason.ShouldStartWith(
            "TLS to in-memory.invalid was ended by a certificate CN=in-memory.invalid, issued by CN=Corporate Proxy; the server's own, seen end to end, is CN=in-memory.invalid, issued by CN=Test Root: ");
        direct.Report!.Winner!.Reason.ShouldBe("");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_of_the_session_is_readable_on_the_way(bool encrypted)
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
        byte[] seen = tap!.Captured;

        // Without TLS all of it is there: the capture sees what there is to see.
        (seen.AsSpan().IndexOf(key) < 0).ShouldBe(encrypted);
        (seen.AsSpan().IndexOf("TRPC"u8) < 0).ShouldBe(encrypted);
        (Encoding.Latin1.GetString(seen).Contains(Convert.ToHexString(key), StringComparison.OrdinalIgnoreCase)).ShouldBeFalse();
        seen[0].ShouldBe(encrypted ? (byte)0x16 : (byte)0x01);
    }

    private static TunnelServerTlsOptions Offer() => new() { Certificate = Certificate };

    private static TunnelClientTlsOptions Trust()
    {
        var tls = new TunnelClientTlsOptions();
        tls.TrustedRoots.Add(TestAuthority.Shared.Root);
        return tls;
    }

    private static void WantClients(TunnelServerTlsOptions tls)
    {
        tls.ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate;
        tls.TrustedClientRoots.Add(TestAuthority.Shared.Root);
    }

    private static Task<TunnelTestHost> StartAsync(Action<TunnelServerTlsOptions>? server = null, Action<TunnelClientTlsOptions>? client = null) =>
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

    /// <summary>Why the only attempt failed.</summary>
    private static async Task<string> FailAsync(Action<TunnelServerTlsOptions>? server = null, Action<TunnelClientTlsOptions>? client = null) =>
        (await Should.ThrowAsync<TunnelConnectException>(() => StartAsync(server, client))).Report.Attempts.ShouldHaveSingleItem().Reason;
}
