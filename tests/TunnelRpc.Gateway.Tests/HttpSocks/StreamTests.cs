using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>The stream of the client against a server of ours.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task Stream_carries_bytes_both_ways_and_its_disposal_deletes_the_session()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await SockApp.Echo(connection, aborted);
            ended.SetResult();
        });
        Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();

        await stream.WriteAsync("hello"u8.ToArray()).DefaultTimeout();
        byte[] echo = new byte[5];
        await stream.ReadExactlyAsync(echo).DefaultTimeout();
        await stream.DisposeAsync().DefaultTimeout();
        await ended.Task.DefaultTimeout();

        Encoding.UTF8.GetString(echo).ShouldBe("hello");
        await Should.ThrowAsync<ObjectDisposedException>(() => stream.ReadExactlyAsync(echo).AsTask());
        await Should.ThrowAsync<ObjectDisposedException>(async () => await stream.WriteAsync(echo));
    }

    [Fact]
    public async Task Disposal_sends_what_was_written()
    {
        var received = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            using var all = new MemoryStream();
            await connection.Stream.CopyToAsync(all, aborted);
            received.SetResult((int)all.Length);
        });

        await using (Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout())
        {
            await stream.WriteAsync(new byte[50_000]).DefaultTimeout();
        }

        (await received.Task.DefaultTimeout()).ShouldBe(50_000);
    }

    [Fact]
    public async Task Read_returns_0_when_the_application_has_ended_the_stream()
    {
        await using SockApp app = await SockApp.StartAsync(
            async (connection, aborted) => await connection.Stream.WriteAsync("bye"u8.ToArray(), aborted));
        await using Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();
        using var reader = new StreamReader(stream, leaveOpen: true);

        (await reader.ReadToEndAsync().DefaultTimeout()).ShouldBe("bye");
        (await stream.ReadAsync(new byte[1]).DefaultTimeout()).ShouldBe(0);
    }

    [Fact]
    public async Task Read_and_write_fail_when_the_handler_has_failed()
    {
        await using SockApp app = await SockApp.StartAsync((_, _) => throw new InvalidOperationException("boom"));
        await using Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();

        IOException read = await Should.ThrowAsync<IOException>(() => stream.ReadAsync(new byte[1]).DefaultTimeout());
        read.Message.ShouldContain("410");
        await Should.ThrowAsync<IOException>(() => stream.WriteAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task Connect_to_something_else_fails_with_what_was_expected_and_received()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);

        IOException error = await Should.ThrowAsync<IOException>(
            () => HttpSock.ConnectAsync(new Uri(app.Root, "/nothing")).DefaultTimeout());

        error.Message.ShouldContain("status 201");
        error.Message.ShouldContain("404");
        await Should.ThrowAsync<IOException>(() => HttpSock.ConnectAsync(new Uri("http://127.0.0.1:1/")).DefaultTimeout());
        await Should.ThrowAsync<ArgumentException>(() => HttpSock.ConnectAsync(new Uri("ftp://127.0.0.1/")).DefaultTimeout());
    }

    [Fact]
    public async Task Cancellation_ends_a_read_and_leaves_the_stream_usable()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        await using Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();
        using var cancelled = new CancellationTokenSource();
        byte[] buffer = new byte[3];

        Task<int> read = stream.ReadAsync(buffer, cancelled.Token).DefaultTimeout();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => read);

        await stream.WriteAsync("abc"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(buffer).DefaultTimeout();
        buffer.ShouldBe("abc"u8.ToArray());
    }

    [Fact]
    public async Task SslStream_runs_inside()
    {
        using X509Certificate2 certificate = CreateCertificate();
        await using SockApp app = await SockApp.StartAsync(async (connection, aborted) =>
        {
            await using var tls = new SslStream(connection.Stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, aborted);
            await tls.CopyToAsync(tls, aborted);
            await tls.ShutdownAsync();
        });
        Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();
        await using var client = new SslStream(stream);

        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "sock.example",
            RemoteCertificateValidationCallback = (_, presented, _, _) =>
                presented?.GetCertHashString() == certificate.GetCertHashString(),
        }).DefaultTimeout();
        byte[] sent = RandomNumberGenerator.GetBytes(200_000);
        byte[] received = new byte[sent.Length];
        Task writing = client.WriteAsync(sent).DefaultTimeout();
        await client.ReadExactlyAsync(received).DefaultTimeout();
        await writing;

        client.IsEncrypted.ShouldBeTrue();
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        await client.ShutdownAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Application_that_does_not_read_stops_the_writer_at_the_buffers()
    {
        const int Buffer = 16 << 10;
        await using SockApp app = await SockApp.StartAsync(
            (_, aborted) => Task.Delay(Timeout.Infinite, aborted), options => options.BufferSize = Buffer);
        Stream stream = await HttpSock.ConnectAsync(
            app.Address, new HttpSockClientOptions { BufferSize = Buffer, CloseTimeout = TimeSpan.FromMilliseconds(1) }).DefaultTimeout();
        using var stop = new CancellationTokenSource();
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            while (true)
            {
                await stream.WriteAsync(new byte[1024], stop.Token);
                Interlocked.Add(ref written, 1024);
            }
        });

        // The buffer of the server and that of the client are full.
        await Eventually.TrueAsync(() => Volatile.Read(ref written) >= 2 * Buffer - 1024);
        await Task.Delay(100);
        Volatile.Read(ref written).ShouldBeLessThanOrEqualTo(2 * Buffer);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => writing.DefaultTimeout());
        await stream.DisposeAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Client_that_does_not_read_stops_the_application_at_the_buffers()
    {
        const int Buffer = 16 << 10;
        int written = 0;
        await using SockApp app = await SockApp.StartAsync(
            async (connection, aborted) =>
            {
                while (true)
                {
                    await connection.Stream.WriteAsync(new byte[1024], aborted);
                    Interlocked.Add(ref written, 1024);
                }
            },
            options => options.BufferSize = Buffer);
        await using Stream stream = await HttpSock.ConnectAsync(
            app.Address, new HttpSockClientOptions { BufferSize = Buffer }).DefaultTimeout();

        // The client's buffer is full; the server keeps what was not acknowledged.
        await Eventually.TrueAsync(() => Volatile.Read(ref written) >= Buffer);
        await Task.Delay(100);
        Volatile.Read(ref written).ShouldBeLessThanOrEqualTo(2 * Buffer);

        // It continues when the client reads.
        byte[] some = new byte[4 * Buffer];
        await stream.ReadExactlyAsync(some).DefaultTimeout();
    }

    [Fact]
    public async Task Stream_carries_64_MB_in_both_directions_at_once_with_bounded_buffers()
    {
        const int Total = 64 << 20;
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        await using Stream stream = await HttpSock.ConnectAsync(app.Address).DefaultTimeout();
        long sent = 0;
        long received = 0;
        long mostInFlight = 0;
        Task writing = Task.Run(async () =>
        {
            byte[] block = new byte[50_000];
            while (sent < Total)
            {
                int count = (int)Math.Min(block.Length, Total - sent);
                Fill(block.AsSpan(0, count), sent);
                await stream.WriteAsync(block.AsMemory(0, count));
                Interlocked.Add(ref sent, count);
                mostInFlight = Math.Max(mostInFlight, Volatile.Read(ref sent) - Volatile.Read(ref received));
            }
        });
        byte[] buffer = new byte[70_000];
        byte[] expected = new byte[buffer.Length];
        while (received < Total)
        {
            int count = await stream.ReadAsync(buffer).DefaultTimeout();
            count.ShouldBeGreaterThan(0);
            Fill(expected.AsSpan(0, count), received);
            buffer.AsSpan(0, count).SequenceEqual(expected.AsSpan(0, count)).ShouldBeTrue();
            Interlocked.Add(ref received, count);
        }

        await writing.DefaultTimeout();

        // Four buffers of 64 KiB, the block of the echo (80 KiB), and what is read here.
        mostInFlight.ShouldBeLessThan(600 << 10);
    }

    /// <summary>Bytes that depend on their position only.</summary>
    private static void Fill(Span<byte> bytes, long position)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            long at = position + i;
            bytes[i] = (byte)(at ^ (at >> 8) ^ (at >> 16));
        }
    }

    private static X509Certificate2 CreateCertificate()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=sock.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 created = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pkcs12), null);
    }
}
