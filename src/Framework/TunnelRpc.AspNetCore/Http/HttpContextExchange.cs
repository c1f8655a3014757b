using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TunnelRpc.Accounting;
using TunnelRpc.Transports;

namespace TunnelRpc.AspNetCore.Http;

/// <summary>An ASP.NET Core request as an <see cref="IHttpExchange"/>.</summary>
/// <param name="context">The request. The exchange must not be used after the request has ended.</param>
/// <param name="subPath">The path below the mapped path: empty, or starting with a slash.</param>
/// <param name="partitions">What the users and the addresses of the server use; null without a server.</param>
internal sealed class HttpContextExchange(HttpContext context, string subPath, ClientPartitions? partitions) : IHttpExchange
{
    public string Method => context.Request.Method;

    public string SubPath { get; } = subPath;

    public string Origin => $"{context.Request.Scheme}://{context.Request.Host.Value}";

    public string Protocol => context.Request.Protocol;

    public ClaimsPrincipal? User => context.User;

    public DateTimeOffset? UserExpires =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult is { Succeeded: true, Properties.ExpiresUtc: { } expires }
            ? expires
            : null;

    public string? RemoteEndPoint => context.Connection.RemoteIpAddress is { } address
        ? new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, context.Connection.RemotePort).ToString()
        : null;

    ClientPartitions? IHttpExchange.Partitions => partitions;

    // RFC 9110, 7.8: the Upgrade field of an HTTP/1.0 request is ignored.
    public bool CanUpgrade =>
        HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    // TestServer has this feature and no upgrade. With Kestrel and UseWebSockets both exist, and the transports use the upgrade.
    public bool CanAcceptWebSocket => !CanUpgrade && context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true };

    public string? ConnectProtocol =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } feature ? feature.Protocol : null;

    public PipeReader RequestBody => context.Request.BodyReader;

    public PipeWriter ResponseBody => context.Response.BodyWriter;

    public CancellationToken RequestAborted => context.RequestAborted;

    /// <summary>Starts the exchange: middlewares that would end it or change its response leave it alone from now on.</summary>
    /// <param name="context">The request. The exchange must not be used after the request has ended.</param>
    /// <param name="subPath">The path below the mapped path: empty, or starting with a slash.</param>
    /// <param name="partitions">What the users and the addresses of the server use; null without a server.</param>
    public static HttpContextExchange Start(HttpContext context, string subPath, ClientPartitions? partitions = null)
    {
        MiddlewareOptOut.Apply(context);
        return new HttpContextExchange(context, subPath, partitions);
    }

    public string? GetRequestHeader(string name)
        => context.Request.Headers.TryGetValue(name, out var values) ? string.Join(", ", values.ToArray()) : null;

    public void SetStatusCode(int status) => context.Response.StatusCode = status;

    public void SetResponseHeader(string name, string value) => context.Response.Headers[name] = value;

    public async ValueTask StartResponseAsync(CancellationToken cancellationToken)
    {
        await context.Response.StartAsync(cancellationToken).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public void DisableRequestLimits()
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        // The setters work with every HTTP version. With HTTP/2 the getters throw.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
        {
            requestRate.MinDataRate = null;
        }

        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
        {
            responseRate.MinDataRate = null;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    public async ValueTask<Stream> UpgradeAsync(string protocol, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IHttpUpgradeFeature feature = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        context.Response.Headers.Upgrade = protocol;
        try
        {
            return await feature.UpgradeAsync().ConfigureAwait(false);
        }
        catch (InvalidOperationException exception) when (!context.Response.HasStarted)
        {
            context.Response.Headers.Remove("Upgrade");
            throw new TransportException($"The server did not upgrade the connection: {exception.Message}", exception)
            {
                HttpStatus = StatusCodes.Status503ServiceUnavailable,
            };
        }
    }

    public async ValueTask<Stream> AcceptConnectAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        context.Response.StatusCode = StatusCodes.Status200OK;
        return await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync().ConfigureAwait(false);
    }

    public async ValueTask<WebSocket> AcceptWebSocketAsync(string subprotocol, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IHttpWebSocketFeature feature = context.Features.GetRequiredFeature<IHttpWebSocketFeature>();
        return await feature.AcceptAsync(new WebSocketAcceptContext { SubProtocol = subprotocol }).ConfigureAwait(false);
    }

    public void Abort() => context.Abort();
}
