using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Http;

/// <summary>
/// A proxy that sends the first bytes of a request at once and collects later ones, as YARP does with a server that it reaches by HTTP/2.
/// </summary>
public sealed class CollectingProxyTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Http2_post_fails_with_the_cause_when_only_its_first_probe_arrives()
    {
        await using TransportTestServer server = await StartAsync(new Http2PostTransportAcceptor(), HttpProtocols.Http2, firstBytes: 16);

        TransportException failure = await ConnectShouldFailAsync(new Http2PostTransport(), server);

        failure.Message.ShouldContain("the request does not stream");
        failure.IsPermanent.ShouldBeTrue();
    }

    [Fact]
    public async Task Two_connection_fails_with_the_cause_when_only_its_first_probe_arrives()
    {
        const int ProbeBytes = LegRecordWriter.ControlRecordBytes;
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(), HttpProtocols.Http1, ProbeBytes);

        TransportException failure = await ConnectShouldFailAsync(new TwoConnectionTransport(), server);

        // Below 86 KB, or on a slow machine until it is complete.
        failure.Message.ShouldContain("the upload is buffered ");
        failure.IsPermanent.ShouldBeTrue();
    }

    private static Task<TransportTestServer> StartAsync(ITransportAcceptor acceptor, HttpProtocols protocols, int firstBytes) =>
        TransportTestServer.StartAsync([acceptor], protocols: protocols, use: app => app.Use((context, next) =>
        {
            if (context.Request.Method == "POST")
            {
                context.Request.Body = new CollectingStream(context.Request.Body, firstBytes);
            }

            return next(context);
        }));

    private async Task<TransportException> ConnectShouldFailAsync(ITransport transport, TransportTestServer server) =>
        await Should.ThrowAsync<TransportException>(() => transport.ConnectAsync(server.Endpoint, _timeout.Token).AsTask());
}
