using System.Buffers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Security;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Tests.Security;

/// <summary>Failing TLS handshakes: each ends only its own connection, with a message.</summary>
public sealed class TlsHandshakeTests : IAsyncLifetime
{
    private const string Host = "in-memory.invalid";

    private static readonly byte[] Garbage = [0x16, 0x03, 0x01, 0x00, 0x20, .. Enumerable.Repeat((byte)0xA5, 0x20)];

    private readonly FakeTimeProvider _time = new();
    private readonly TunnelClientOptions _client = new()
    {
        Address = new Uri($"http://{Host}/tunnel"),
        EndToEndTls = new TunnelClientTlsOptions(),
    };
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
    public async Task Garbage_that_starts_like_TLS_ends_only_its_connection()
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
    public async Task Handshake_split_into_single_bytes_succeeds()
    {
        await using ServiceProvider services = Serve();
        TunnelServer server = services.GetRequiredService<TunnelServer>();
        Task serving = server.ServeAsync(new SingleByteConnection(_served), CancellationToken.None);

        await HandshakeAsync(new SingleByteConnection(_dialed));

        server.SessionIds.Count.ShouldBe(1);
        await _dialed.DisposeAsync();
        await serving.DefaultTimeout();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task Stalled_handshake_ends_with_the_handshake_timeout(int sent)
    {
        await using ServiceProvider services = Serve();
        Task serving = services.GetRequiredService<TunnelServer>().ServeAsync(_served, CancellationToken.None);
        await WriteAsync(_dialed, (await ClientHelloAsync())[..sent]);
        await _time.WhenTimerDueAsync(TimeSpan.FromSeconds(10)).DefaultTimeout();

        _time.Advance(TimeSpan.FromSeconds(10));

        await serving.DefaultTimeout();
    }

    [Fact]
    public async Task Pending_TLS_handshake_counts_towards_MaxPendingHandshakes()
    {
        await using ServiceProvider services = Serve(o => o.Limits.MaxPendingHandshakes = 1);
        TunnelServer server = services.GetRequiredService<TunnelServer>();
        Task pending = server.ServeAsync(_served, CancellationToken.None);
        await WriteAsync(_dialed, (await ClientHelloAsync())[..40]);
        (ITransportConnection other, ITransportConnection otherServed) = await InMemoryLink.OpenAsync();

        Task<ITransportConnection> dialing = DialAsync(other);
        Task refusing = server.ServeAsync(otherServed, CancellationToken.None);
        TunnelException refused = await Should.ThrowAsync<TunnelException>(() => dialing.DefaultTimeout());

        refused.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        refused.Message.ShouldBe(
            "The server refused the session before TLS: The server has reached its limit of 1 handshakes in progress "
            + "(limit MaxPendingHandshakes). "
            + "Retry later or use another address.");
        await refusing.DefaultTimeout();
        await other.DisposeAsync();
        await _dialed.DisposeAsync();
        await pending.DefaultTimeout();
    }

    [Fact]
    public async Task Non_TLS_response_fails_the_handshake()
    {
        Task<ITransportConnection> dialing = DialAsync(_dialed);
        await WriteAsync(_served, "HTTP/1.1 502 Bad Gateway\r\n\r\n"u8.ToArray());

        TransportException failed = await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());

        failed.Message.ShouldBe("end-to-end TLS: expected a TLS record (first byte 0x16), got 0x48. "
            + "The responder is not the server, or does not support end-to-end TLS.");
    }

    [Fact]
    public async Task Malformed_TLS_response_is_reported()
    {
        Task<ITransportConnection> dialing = DialAsync(_dialed);
        await WriteAsync(_served, Garbage);

        TransportException failed = await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());

        failed.Message.ShouldStartWith("end-to-end TLS: the TLS handshake with the server failed: ");
    }

    [Fact]
    public async Task Connection_that_ends_during_the_handshake_is_reported()
    {
        Task<ITransportConnection> dialing = DialAsync(_dialed);
        (await _served.ReadAsync(new byte[4096], CancellationToken.None).DefaultTimeout()).ShouldBeGreaterThan(0);

        await _served.DisposeAsync();

        (await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout()))
            .Message.ShouldBe("end-to-end TLS: the connection ended during the TLS handshake with the server.");
    }

    [Fact]
    public async Task Handshake_when_cancelled_throws()
    {
        using var cancellation = new CancellationTokenSource();
        Task<ITransportConnection> dialing = DialAsync(_dialed, cancellation.Token);
        await _served.ReadAsync(new byte[4096], CancellationToken.None).DefaultTimeout();

        await cancellation.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(() => dialing.DefaultTimeout()))
            .CancellationToken.ShouldBe(cancellation.Token);
    }

    [Fact]
    public async Task TLS_without_the_tunnelrpc_protocol_is_refused()
    {
        await using ServiceProvider services = Serve();
        Task serving = services.GetRequiredService<TunnelServer>().ServeAsync(_served, CancellationToken.None);
        await using var tls = new SslStream(new ConnectionStream(_dialed), leaveInnerStreamOpen: true);

#pragma warning disable CA5359 // The certificate does not matter in this test.
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = Host, RemoteCertificateValidationCallback = (_, _, _, _) => true })
            .DefaultTimeout();
#pragma warning restore CA5359

        await serving.DefaultTimeout();
        tls.IsAuthenticated.ShouldBeTrue();
    }

    [Theory]
    [InlineData("pin", "64 hexadecimal digits")]
    [InlineData("both", "at most one of PinnedCertificates, TrustedRoots and ServerCertificateValidation")]
    [InlineData("host", "TargetHost must be a host name or IP address")]
    [InlineData("key", "must have its private key")]
    public void Invalid_client_options_are_refused(string option, string expected)
    {
        var tls = new TunnelClientTlsOptions();
        switch (option)
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
                tls.ClientCertificate = X509CertificateLoader.LoadCertificate(TestAuthority.Shared.Root.RawData);
                break;
        }

        var options = new TunnelClientOptions { Address = _client.Address, EndToEndTls = tls };
        Should.Throw<ArgumentException>(() => new TunnelClient(options)).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("none", "got neither")]
    [InlineData("both", "got both")]
    [InlineData("untrusted", "got neither: the certificates of any authority would be accepted")]
    [InlineData("trusted twice", "got both: they cannot be combined")]
    [InlineData("mode", "must be NoCertificate, AllowCertificate or RequireCertificate, got 7")]
    public void Invalid_server_options_are_refused(string option, string expected)
    {
        var tls = new TunnelServerTlsOptions { Certificate = option == "none" ? null : TestAuthority.Shared.IssueServer(Host) };
        switch (option)
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

        Should.Throw<OptionsValidationException>(() => services.GetRequiredService<TunnelServer>()).Message.ShouldContain(expected);
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

    private Task<ITransportConnection> DialAsync(ITransportConnection connection, CancellationToken cancellationToken = default) =>
        EndToEndTlsLayer.WrapAsync(connection, _client.Address!, _client, cancellationToken).AsTask();

    private async Task HandshakeAsync(ITransportConnection connection)
    {
        ITransportConnection inside = await DialAsync(connection).DefaultTimeout();
        (_, ReceiveBuffer input) = await SessionHandshake.DialAsync(
            inside, new TunnelLimits(), SessionFeatures.None, CancellationToken.None).DefaultTimeout();
        input.Dispose();
    }

    /// <summary>Returns the first bytes that a client sends.</summary>
    private async Task<byte[]> ClientHelloAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        Task<ITransportConnection> dialing = DialAsync(client);
        byte[] hello = new byte[4096];
        int length = await server.ReadAsync(hello, CancellationToken.None).DefaultTimeout();
        await server.DisposeAsync();
        await Should.ThrowAsync<TransportException>(() => dialing.DefaultTimeout());
        await client.DisposeAsync();
        return hello[..length];
    }

    /// <summary>A connection whose reads return one byte each.</summary>
    private sealed class SingleByteConnection(ITransportConnection connection) : ITransportConnection
    {
        public TransportConnectionInfo Info => connection.Info;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
            connection.ReadAsync(buffer[..1], cancellationToken);

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
            connection.WriteAsync(data, cancellationToken);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
