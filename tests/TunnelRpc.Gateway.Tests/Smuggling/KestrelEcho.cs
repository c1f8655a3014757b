using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>Kestrel on a free loopback port, which records the requests that it has understood on each connection. Thread-safe.</summary>
internal sealed class KestrelEcho : IAsyncDisposable
{
    /// <summary>The target of the request that follows each message on its connection.</summary>
    private const string NextTarget = "/the-next-request";

    private static readonly byte[] Next = Encoding.ASCII.GetBytes($"GET {NextTarget} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

    private readonly WebApplication _app;

    // By the port of the client. An entry exists while its connection is used.
    private readonly ConcurrentDictionary<int, ConcurrentQueue<UnderstoodMessage>> _connections = new();

    private KestrelEcho(WebApplication app) => _app = app;

    public static async Task<KestrelEcho> StartAsync(int maxHeadBytes)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // The sizes that the two parsers permit are settings, so those of Kestrel are not below ours.
            kestrel.Limits.MaxRequestLineSize = maxHeadBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = maxHeadBytes;
            kestrel.Limits.MaxRequestHeaderCount = 1_000;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.RequestHeadersTimeout = TestTimeout.Default;

            // Values are compared byte for byte. By default Kestrel decodes them as UTF-8, and refuses others.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        WebApplication app = builder.Build();
        KestrelEcho echo = new(app);
        app.Run(echo.RecordAsync);
        await app.StartAsync();
        return echo;
    }

    /// <summary>
    /// Sends a message, and another request after it, on a connection of its own. Returns the requests that Kestrel has understood, without
    /// the other one if that was the last.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="isComplete">
    /// Whether the message is expected to be complete. Otherwise the connection ends after it, and the result is not exact.
    /// </param>
    public async Task<IReadOnlyList<UnderstoodMessage>> SendAsync(byte[] message, bool isComplete)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        ConcurrentQueue<UnderstoodMessage> requests = _connections[port] = new();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, new Uri(_app.Urls.First()).Port).DefaultTimeout();
            await SendAndReadToEndAsync(socket, message, isComplete).DefaultTimeout();
        }
        finally
        {
            _connections.TryRemove(port, out _);
        }

        UnderstoodMessage[] understood = [.. requests];
        return understood is [.. UnderstoodMessage[] before, { Target: NextTarget }] ? before : understood;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task SendAndReadToEndAsync(Socket socket, byte[] message, bool isComplete)
    {
        byte[] buffer = new byte[4096];
        try
        {
            await socket.SendAsync(isComplete ? [.. message, .. Next] : message);
            if (!isComplete)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Kestrel has refused the message, or has closed after it without reading the other request.
        }
    }

    private async Task RecordAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        List<KeyValuePair<string, string>> fields = [];
        foreach ((string name, StringValues values) in context.Request.Headers)
        {
            fields.AddRange(values.Select(value => new KeyValuePair<string, string>(name, value ?? "")));
        }

        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (_connections.TryGetValue(context.Connection.RemotePort, out ConcurrentQueue<UnderstoodMessage>? requests))
        {
            requests.Enqueue(new UnderstoodMessage(context.Request.Method, target, fields, body.ToArray()));
        }
    }
}
