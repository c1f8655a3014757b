using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Http2Post;

/// <summary>The probe of the request of http2-post, and peers without it.</summary>
public sealed class StreamProbeTests : IDisposable
{
    private const int PreambleBytes = 2048;
    private const string Probe = "TunnelRpc probe\n";

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose()
    {
        _http.Dispose();
        _timeout.Dispose();
    }

    [Fact]
    public async Task Server_returns_two_probes_after_the_preamble_and_the_next_bytes_are_the_connections()
    {
        await using TransportTestServer server = await StartAsync();
        using HttpResponseMessage response = await PostAsync(server, Probe + Probe + "hello", hasProbe: true);

        response.Headers.GetValues("TunnelRpc-Probe").ShouldBe(["2"]);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await connection.ReadTextAsync(5, TimeoutToken)).ShouldBe("hello");
        Stream body = await response.Content.ReadAsStreamAsync(TimeoutToken);
        byte[] bytes = new byte[PreambleBytes + (2 * Probe.Length)];
        await body.ReadExactlyAsync(bytes, TimeoutToken);
        Encoding.ASCII.GetString(bytes.AsSpan(PreambleBytes)).ShouldBe(Probe + Probe);
    }

    [Fact]
    public async Task Server_accepts_a_client_that_does_not_probe()
    {
        await using TransportTestServer server = await StartAsync();
        using HttpResponseMessage response = await PostAsync(server, "hello", hasProbe: false);

        response.Headers.Contains("TunnelRpc-Probe").ShouldBeFalse();
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await connection.ReadTextAsync(5, TimeoutToken)).ShouldBe("hello");
    }

    [Fact]
    public async Task Server_ends_an_exchange_whose_first_bytes_are_not_the_probe()
    {
        await using TransportTestServer server = await StartAsync();
        using HttpResponseMessage response = await PostAsync(server, "something else entirely", hasProbe: true);

        byte[] body = await response.Content.ReadAsByteArrayAsync(TimeoutToken);

        body.Length.ShouldBe(PreambleBytes);
    }

    [Fact]
    public async Task Server_ends_an_exchange_whose_probe_does_not_arrive_in_time()
    {
        FakeTimeProvider clock = new();
        await using TransportTestServer server = await StartAsync(clock);
        using HttpRequestMessage request = CreateRequest(server, hasProbe: true);
        OpenContent content = new();
        request.Content = content;
        content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        using HttpResponseMessage response = await _http.SendAsync(request, TimeoutToken);
        Stream body = await response.Content.ReadAsStreamAsync(TimeoutToken);
        await body.ReadExactlyAsync(new byte[PreambleBytes], TimeoutToken);

        await clock.WhenTimerDueAsync(StreamProbe.ServerTimeout).WaitAsync(TimeoutToken);
        clock.Advance(StreamProbe.ServerTimeout);

        (await body.ReadAsync(new byte[1], TimeoutToken)).ShouldBe(0);
        content.Complete();
    }

    private static Task<TransportTestServer> StartAsync(TimeProvider? timeProvider = null) =>
        TransportTestServer.StartAsync([new Http2PostTransportAcceptor(timeProvider)], protocols: HttpProtocols.Http2);

    private static HttpRequestMessage CreateRequest(TransportTestServer server, bool hasProbe)
    {
        HttpRequestMessage request = new(HttpMethod.Post, server.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("TunnelRpc-Version", "1");
        if (hasProbe)
        {
            request.Headers.Add("TunnelRpc-Probe", "2");
        }

        return request;
    }

    private async Task<HttpResponseMessage> PostAsync(TransportTestServer server, string body, bool hasProbe)
    {
        using HttpRequestMessage request = CreateRequest(server, hasProbe);
        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        return await _http.SendAsync(request, TimeoutToken);
    }

    /// <summary>A body without bytes that stays open until it is completed.</summary>
    private sealed class OpenContent : HttpContent
    {
        private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Complete() => _completed.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await _completed.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
