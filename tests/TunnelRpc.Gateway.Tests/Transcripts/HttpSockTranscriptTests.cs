using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TunnelRpc.Gateway.Tests.HttpSocks;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Transcripts;

/// <summary>
/// The four requests in the description of httpsock, replayed byte for byte, and TLS inside them. Only the path and the random session
/// differ. What the server sends is compared with all its bytes.
/// </summary>
public sealed class HttpSockTranscriptTests
{
    [Fact]
    public async Task Four_requests_are_answered_byte_for_byte()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using WireConnection client = await WireConnection.ConnectAsync(app.Root.Port);

        await client.SendAsync("POST /sock HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
        string created = await client.ReadAsync();
        string session = created.Split("\r\n").Single(line => line.StartsWith("X-Session: ", StringComparison.Ordinal))[11..];
        string head = $"/sock HTTP/1.1\r\nHost: api.example.com\r\nX-Session: {session}\r\n";
        await client.SendAsync($"PUT {head}Content-Length: 13\r\n\r\nHello, World!");
        string written = await client.ReadAsync();
        await client.SendAsync($"GET {head}X-Content-Length: 32768\r\n\r\n");
        string fetched = await client.ReadAsync();
        await client.SendAsync($"DELETE {head}\r\n");
        string deleted = await client.ReadAsync();
        await client.SendAsync($"GET {head}X-Content-Length: 32768\r\n\r\n");
        string unknown = await client.ReadHeadAsync();

        session.Length.ShouldBe(43);
        created.Replace(session, "xxx", StringComparison.Ordinal).ShouldBe(
            "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nDate: *\r\nServer: Kestrel\r\nCache-Control: no-store\r\nX-Session: xxx\r\n"
            + "X-Offset: 0\r\n\r\n");
        written.ShouldBe(
            "HTTP/1.1 204 No Content\r\nDate: *\r\nServer: Kestrel\r\nCache-Control: no-store\r\nX-Offset: 13\r\n\r\n");
        fetched.ShouldBe(
            "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: application/octet-stream\r\nDate: *\r\nServer: Kestrel\r\n"
            + "Cache-Control: no-store\r\nX-Offset: 0\r\n\r\nHello, World!");
        deleted.ShouldBe("HTTP/1.1 204 No Content\r\nDate: *\r\nServer: Kestrel\r\nCache-Control: no-store\r\n\r\n");
        unknown.ShouldStartWith("HTTP/1.1 404 Not Found\r\n");
    }

    [Fact]
    public async Task SslStream_runs_inside_the_four_requests()
    {
        using X509Certificate2 certificate = CreateCertificate();
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await using var tls = new SslStream(connection.Stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, aborted);
            await tls.CopyToAsync(tls, aborted);
            await tls.ShutdownAsync();
        });
        await using FourRequestStream sock = await FourRequestStream.OpenAsync(app.Root.Port, "/sock");
        await using var client = new SslStream(sock, leaveInnerStreamOpen: true);

        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "inner.example",
            RemoteCertificateValidationCallback = (_, presented, _, _) =>
                presented?.GetCertHashString() == certificate.GetCertHashString(),
        }).DefaultTimeout();
        foreach (int length in (int[])[1, 5_000, 40_000])
        {
            byte[] sent = RandomNumberGenerator.GetBytes(length);
            byte[] received = new byte[length];
            await client.WriteAsync(sent).DefaultTimeout();
            await client.ReadExactlyAsync(received).DefaultTimeout();
            received.ShouldBe(sent);
        }

        client.IsEncrypted.ShouldBeTrue();
        await client.ShutdownAsync().DefaultTimeout();
        (await client.ReadAsync(new byte[1]).DefaultTimeout()).ShouldBe(0);
        (await sock.DeleteAsync()).ShouldStartWith("HTTP/1.1 204 No Content\r\n");
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=inner.example", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 created = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null);
    }
}
