using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Hosting;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Tests.Security;

/// <summary>Handshakes that go wrong: each costs its own connection, ends, and says why.</summary>
public sealed class TlsHandshakeTests : IAsyncLifetime
{
    private const string Host = "in-memory.invalid";

    private static readonly byte[] Garbage = [0x16, 0x03, 0x01, 0x00, 0x20, .. Enumerable.Repeat((byte)0xA5, 0x20)];

    private readonly FakeTimeProvider _time = new();
    private readonly TunnelClientOptions _client = new() { Address = new Uri($"http://{Host}/tunnel"), EndToEndTls = new TunnelClientTlsOptions() };
    private ITransportConnection _dialed = null!;
    private ITransportConnection _served = null!;

    public async Task InitializeAsync()
    {
        _client.EndToEndTls!.TrustedRoots.Add(TestAuthority.Shared.Root);
        (_dialed, _served) = await InMemoryLink.OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await _dialed.DisposeAsync();
        await _served.DisposeAsync();
    }

    [Fact]
    public async Task Garbage_that_begins_like_TLS_ends_its_connection_only()
    {
        await using ServiceProvider services = Serve();
        TunnelServer server = services.GetRequiredService<TunnelServer>();
        Task serving = server.ServeAsync(_served, CancellationToken.None);
        (ITransportConnection other, ITransportConnection otherServed) = await InMemoryLink.OpenAsync();

        await WriteAsync(_dialed, Garbage);
        await serving.DefaultTimeout();

        Task second = server.ServeAsync(otherServed, CancellationToken.None);
        await HandshakeAsync(other);
        server.SessionIds.Count.ShouldBe(1);
        await other.DisposeAsync();
        await second.DefaultTimeout();
    }

    [Fact]
    public async Task A_handshake_that_is_split_into_single_bytes_succeeds()
    {
        await using ServiceProvider services = Serve();
        TunnelServer server = services.GetRequiredService<TunnelServer>();
        Task serving = server.ServeAsync(new SingleBytes(_served), CancellationToken.None);

        await HandshakeAsync(new SingleBytes(_dialed));

        server.SessionIds.Count.ShouldBe(1);
        await _dialed.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task A_handshake_that_does_not_go_on_ends_with_the_handshake_timeout(int sent)
    {
        await using ServiceProvider services = Serve();
        Task serving = services.GetRequiredService<TunnelServer>().ServeAsync(_served, CancellationToken.None);
        await WriteAsync(_dialed, (await ClientHelloAsync())[..sent]);
        await _time.WhenTimerDueAsync(TimeSpan.FromSeconds(10)).DefaultTimeout();

        _time.Advance(TimeSpan.FromSeconds(10));

        await serving.DefaultTimeout();
    }

    [Fact]
    public async Task A_handshake_under_way_counts_among_the_unfinished_and_the_next_is_refused_before_TLS()
    {
        await using ServiceProvider services = Serve(o => o.Limits.MaxPendingHandshakes = 1);
        TunnelServer server = services.GetRequiredService<TunnelServer>();
        Task slow = server.ServeAsync(_served, CancellationToken.None);
        await WriteAsync(_dialed, (await ClientHelloAsync())[..40]);
        (ITransportConnection other, ITransportConnection otherServed) = await InMemoryLink.OpenAsync();

        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(other, _client.Address!, _client, CancellationToken.None).AsTask();
        Task refusing = server.ServeAsync(otherServed, CancellationToken.None);
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => dialing.DefaultTimeout());

        (refused.Status, refused.Message).ShouldBe((TunnelStatus.ResourceExhausted, "The server refused the session before TLS: It has 1 unfinished handshakes (limit MaxPendingHandshakes)."));
        await refusing.DefaultTimeout();
        await other.DisposeAsync();
        await _dialed.DisposeAsync();
        await slow.DefaultTimeout();
    }

    [Fact]
    public async Task A_server_that_answers_something_else_is_not_believed()
    {
        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(_dialed, _client.Address!, _client, CancellationToken.None).AsTask();
        await WriteAsync(_served, "HTTP/1.1 502 Bad Gateway\r\n\r\n"u8.ToArray());

        TransportException failed = await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());

        failed.Message.ShouldBe("end-to-end TLS: expected a TLS record (first byte 0x16), got 0x48. The responder is not the server, or does not support end-to-end TLS.");
    }

    [Fact]
    public async Task A_server_that_answers_with_broken_TLS_is_reported()
    {
        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(_dialed, _client.Address!, _client, CancellationToken.None).AsTask();
        await WriteAsync(_served, Garbage);

        TransportException failed = await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());

        failed.Message.ShouldStartWith("end-to-end TLS: the TLS handshake with the server failed: ");
    }

    [Fact]
    public async Task A_path_that_ends_in_the_middle_of_the_handshake_is_reported_as_that()
    {
        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(_dialed, _client.Address!, _client, CancellationToken.None).AsTask();
        (await _served.ReadAsync(new byte[4096], CancellationToken.None).DefaultTimeout()).ShouldBeGreaterThan(0);

        await _served.DisposeAsync();

        (await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout())).Message.ShouldBe("end-to-end TLS: the path ended in the middle of the TLS handshake with the server.");
    }

    [Fact]
    public async Task A_handshake_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(_dialed, _client.Address!, _client, cancellation.Token).AsTask();
        await _served.ReadAsync(new byte[4096], CancellationToken.None).DefaultTimeout();

        await cancellation.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(() => dialing.DefaultTimeout())).CancellationToken.ShouldBe(cancellation.Token);
    }

    [Fact]
    public async Task TLS_for_another_protocol_is_none_of_ours()
    {
        await using ServiceProvider services = Serve();
        Task serving = services.GetRequiredService<TunnelServer>().ServeAsync(_served, CancellationToken.None);
        await using var tls = new System.Net.Security.SslStream(new ConnectionStream(_dialed), leaveInnerStreamOpen: true);

#pragma warning disable CA5359 // Which certificate it is does not matter here.
        await tls.AuthenticateAsClientAsync(new System.Net.Security.SslClientAuthenticationOptions { TargetHost = Host, RemoteCertificateValidationCallback = (_, _, _, _) => true }).DefaultTimeout();
#pragma warning restore CA5359

        await serving.DefaultTimeout();
        tls.IsAuthenticated.ShouldBeTrue();
    }

    [Theory]
    [InlineData("pin", "64 hexadecimal digits")]
    [InlineData("both", "at most one of PinnedCertificates, TrustedRoots and ServerCertificateValidation")]
    [InlineData("host", "TargetHost must be a host's name")]
    [InlineData("key", "must have its private key")]
    public void Client_options_that_make_no_sense_are_refused_at_once(string what, string expected)
    {
        var tls = new TunnelClientTlsOptions();
        switch (what)
        {
            case "pin":
                tls.PinnedCertificates.Add("abc");
                break;
            case "both":
                tls.TrustedRoots.Add(TestAuthority.Shared.Root);
                tls.PinnedCertificates.Add(new string('0', 64));
                break;
            case "host":
                tls.TargetHost = "not a host";
                break;
            default:
                tls.ClientCertificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(TestAuthority.Shared.Root.RawData);
                break;
        }

        Should.Throw<ArgumentException>(() => new TunnelClient(new TunnelClientOptions { Address = _client.Address, EndToEndTls = tls })).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("none", "got neither")]
    [InlineData("both", "got both")]
    [InlineData("untrusted", "got neither: any authority's certificates would do")]
    [InlineData("trusted twice", "got both: each decides alone")]
    [InlineData("mode", "None, Allowed or Required, got 7")]
    public void Server_options_that_make_no_sense_are_refused_at_once(string what, string expected)
    {
        var tls = new TunnelServerTlsOptions { Certificate = what == "none" ? null : TestAuthority.Shared.IssueServer(Host) };
        switch (what)
        {
            case "both":
                tls.CertificateSelector = _ => null;
                break;
            case "untrusted":
                tls.ClientCertificateMode = TunnelClientCertificateMode.AllowCertificate;
                break;
            case "trusted twice":
                tls.ClientCertificateMode = TunnelClientCertificateMode.RequireCertificate;
                tls.TrustedClientRoots.Add(TestAuthority.Shared.Root);
                tls.ClientCertificateValidation = (_, _, _, errors) => errors == 0;
                break;
            case "mode":
                tls.ClientCertificateMode = (TunnelClientCertificateMode)7;
                break;
        }

        using ServiceProvider services = Serve(o => o.EndToEndTls = tls);

        Should.Throw<Microsoft.Extensions.Options.OptionsValidationException>(() => services.GetRequiredService<TunnelServer>()).Message.ShouldContain(expected);
    }

    private static Task WriteAsync(ITransportConnection connection, byte[] bytes) =>
        connection.WriteAsync(new ReadOnlySequence<byte>(bytes), CancellationToken.None).DefaultTimeout();

    private ServiceProvider Serve(Action<TunnelServerOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddTunnelRpc(o =>
        {
            o.TimeProvider = _time;
            o.EndToEndTls = new TunnelServerTlsOptions { Certificate = TestAuthority.Shared.IssueServer(Host) };
            configure?.Invoke(o);
        });
        return services.BuildServiceProvider();
    }

    private async Task HandshakeAsync(ITransportConnection connection)
    {
        ITransportConnection inside = await EndToEndTlsLayer.WrapAsync(connection, _client.Address!, _client, CancellationToken.None).DefaultTimeout();
        (_, ReceiveBuffer input) = await SessionHandshake.DialAsync(inside, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).DefaultTimeout();
        input.Dispose();
    }

    /// <summary>What a client really sends first.</summary>
    private async Task<byte[]> ClientHelloAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        Task<ITransportConnection> dialing = EndToEndTlsLayer.WrapAsync(client, _client.Address!, _client, CancellationToken.None).AsTask();
        byte[] hello = new byte[4096];
        int length = await server.ReadAsync(hello, CancellationToken.None).DefaultTimeout();
        await server.DisposeAsync();
        await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());
        await client.DisposeAsync();
        return hello[..length];
    }

    /// <summary>Gives a byte a read.</summary>
    private sealed class SingleBytes(ITransportConnection connection) : ITransportConnection
    {
        public TransportConnectionInfo Info => connection.Info;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => connection.ReadAsync(buffer[..1], cancellationToken);

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => connection.WriteAsync(data, cancellationToken);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
