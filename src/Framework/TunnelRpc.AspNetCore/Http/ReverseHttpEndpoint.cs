using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TunnelRpc.Transports.Http;

namespace TunnelRpc.AspNetCore.Http;

// Decision: docs/adr/0109-last-bytes-before-a-close.md
/// <summary>Handles the requests to an endpoint that MapReverseHttp has mapped. Thread-safe.</summary>
internal sealed class ReverseHttpEndpoint(Func<ReverseHttpPeer, CancellationToken, Task> onPeer)
{
    // HttpClient needs a base address for relative ones. The top-level domain "invalid" never resolves (RFC 6761).
    private static readonly Uri PeerAddress = new("http://peer.invalid/");

    /// <summary>
    /// The close of a peer may be seen before its last response is read. The callback has this time to read it, before its token is
    /// cancelled.
    /// </summary>
    private static readonly TimeSpan LastResponseTime = TimeSpan.FromSeconds(2);

    public async Task HandleAsync(HttpContext context)
    {
        HttpContextExchange exchange = HttpContextExchange.Start(context, string.Empty);
        string? token = HttpHeaderValues.FindReverseToken(exchange.GetRequestHeader("Upgrade"));
        if (!exchange.CanUpgrade || token is null)
        {
            await ExchangeRefusal.RespondUpgradeRequiredAsync(
                exchange,
                HttpHeaderValues.ReverseToken,
                "Expected an HTTP/1.1 request without a body, with \"Connection: Upgrade\" and \"Upgrade: PTTH/1.0\".",
                context.RequestAborted).ConfigureAwait(false);
            return;
        }

        if (await ExchangeRefusal.TryRefuseCrossOriginAsync(exchange, context.RequestAborted).ConfigureAwait(false)
            || await ExchangeUpgrade.AcceptUpgradeAsync(exchange, token, context.RequestAborted).ConfigureAwait(false) is not { } stream)
        {
            return;
        }

        CancellationToken stopping =
            context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        TimeProvider time = context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
        using CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, time);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        using HttpClient client = CreateClient(stream);
        using CancellationTokenRegistration disconnected = context.RequestAborted.UnsafeRegister(
            static late => ((CancellationTokenSource)late!).CancelAfter(LastResponseTime), late);
        try
        {
            await onPeer(new ReverseHttpPeer(context, client, ended.Token), ended.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
            when ((context.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
                && exception is OperationCanceledException or HttpRequestException or IOException)
        {
            // The peer has disconnected or the server is shutting down. Both are normal ends of the connection.
        }
    }

    private static HttpClient CreateClient(Stream stream)
    {
        Stream? unused = stream;
        SocketsHttpHandler handler = new()
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectCallback = (_, _) => Interlocked.Exchange(ref unused, null) is { } first
                ? ValueTask.FromResult(first)
                : ValueTask.FromException<Stream>(new IOException(
                    "The only connection of the reverse-HTTP peer has ended, or the address of the request was not relative.")),
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        };
        return new HttpClient(new BufferedResponseHandler(handler), disposeHandler: true)
        {
            BaseAddress = PeerAddress,
            MaxResponseContentBufferSize = ReverseHttpPeer.DefaultMaxBufferedResponseSize,
        };
    }
}
