using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace TunnelRpc.Calls.Tests.Affinity;

/// <summary>
/// A reverse proxy in front of several servers, with affinity by cookie: a request without its cookie reaches the next server in turn, and
/// the response sets the cookie. It forwards HTTP/1.1 upgrades, or HTTP/2 with extended CONNECT, and streams all bodies.
/// </summary>
internal sealed class AffinityProxy : IAsyncDisposable
{
    public const string CookieName = "affinity";

    private static readonly HashSet<string> HopByHopNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Upgrade", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Host", "Expect", "Content-Length",
    };

    private readonly WebApplication _app;
    private readonly Uri[] _servers;
    private readonly Version _version;
    private readonly ConcurrentDictionary<CancellationTokenSource, bool> _open = new();
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
    });

    private int _nextServer = -1;

    private AffinityProxy(WebApplication app, Uri[] servers, HttpProtocols protocols)
    {
        _app = app;
        _servers = servers;
        _version = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11;
    }

    public Uri Address => new(_app.Urls.First() + "/tunnel");

    /// <summary>The Cookie fields of all requests, in their order; empty for none.</summary>
    public ConcurrentQueue<string> Cookies { get; } = new();

    /// <summary>Returns a status to respond with in place of a server, or null to forward the request.</summary>
    public Func<HttpContext, int?> Refuse { get; set; } = _ => null;

    public static async Task<AffinityProxy> StartAsync(HttpProtocols protocols, params Uri[] servers)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        WebApplication app = builder.Build();
        var proxy = new AffinityProxy(app, servers, protocols);
        app.Run(proxy.ServeAsync);
        await app.StartAsync();
        return proxy;
    }

    /// <summary>Aborts all exchanges.</summary>
    public void Cut()
    {
        foreach (CancellationTokenSource exchange in _open.Keys)
        {
            exchange.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        // Never disposed, because Cut may cancel it at any time.
        CancellationTokenSource exchange = new();
        context.RequestAborted.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), exchange);
        _open[exchange] = true;
        try
        {
            Cookies.Enqueue(context.Request.Headers.Cookie.ToString());
            int server = SelectServer(context);
            if (Refuse(context) is { } status)
            {
                context.Response.StatusCode = status;
                return;
            }

            await ForwardAsync(context, _servers[server], exchange.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort();
        }
        finally
        {
            _open.TryRemove(exchange, out _);
        }
    }

    private int SelectServer(HttpContext context)
    {
        if (int.TryParse(context.Request.Cookies[CookieName], out int server))
        {
            return server;
        }

        server = Interlocked.Increment(ref _nextServer) % _servers.Length;
        context.Response.Headers.SetCookie = $"{CookieName}={server}; Path=/; HttpOnly; Expires=Wed, 09 Jun 2100 10:18:14 GMT";
        return server;
    }

    private async Task ForwardAsync(HttpContext context, Uri server, CancellationToken cut)
    {
        bool isUpgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
        IHttpExtendedConnectFeature? connect = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } feature
            ? feature
            : null;
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(server, context.Request.Path + context.Request.QueryString.ToString()))
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach ((string name, var values) in context.Request.Headers)
        {
            if (!HopByHopNames.Contains(name) && !name.StartsWith(':'))
            {
                request.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        if (connect is not null)
        {
            request.Headers.Protocol = connect.Protocol;
        }
        else if (isUpgrade)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", context.Request.Headers.Upgrade.ToString());
        }
        else if (context.Request.Method == "POST")
        {
            request.Content = new RelayedContent(context.Request.Body, context.Request.ContentLength);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, cut);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!HopByHopNames.Contains(name))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        Stream body = await response.Content.ReadAsStreamAsync(cut);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            context.Response.Headers.Upgrade = response.Headers.Upgrade.ToString();
            await SpliceAsync(await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync(), body, cut);
        }
        else if (connect is not null && response.StatusCode == HttpStatusCode.OK)
        {
            await SpliceAsync(await connect.AcceptAsync(), body, cut);
        }
        else
        {
            await context.Response.StartAsync(cut);
            await CopyAsync(body, context.Response.Body, cut);
        }
    }

    private static async Task SpliceAsync(Stream client, Stream server, CancellationToken cut)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cut);
        Task[] copies = [CopyAsync(client, server, ended.Token), CopyAsync(server, client, ended.Token)];
        await Task.WhenAny(copies);
        await ended.CancelAsync();
        server.Dispose();
        await Task.WhenAll(copies).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cut.ThrowIfCancellationRequested();
    }

    private static async Task CopyAsync(Stream source, Stream destination, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            await destination.FlushAsync(cancellationToken);
        }
    }

    private sealed class RelayedContent(Stream source, long? length) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await CopyAsync(source, stream, cancellationToken);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length ?? 0;
            return length is not null;
        }
    }
}
