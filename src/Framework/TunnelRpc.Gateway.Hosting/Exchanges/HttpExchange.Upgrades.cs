using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TunnelRpc.Gateway.Hosting.Exchanges;

// Upgrades of HTTP/1.1 (RFC 9110, 7.8) and extended CONNECT (RFC 8441): after the head, both bodies are one stream of bytes.
internal sealed partial class HttpExchange : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    /// <summary>Whether the application has upgraded the connection.</summary>
    private bool IsUpgraded { get; set; }

    bool IHttpUpgradeFeature.IsUpgradableRequest => IsTunnel;

    bool IHttpExtendedConnectFeature.IsExtendedConnect => IsTunnel && HttpMethods.IsConnect(_request.Method);

    string? IHttpExtendedConnectFeature.Protocol => _request.Protocol;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync()
    {
        if (!IsTunnel)
        {
            throw new InvalidOperationException("Only a request with the field Upgrade can be upgraded.");
        }

        if (IsUpgraded)
        {
            throw new InvalidOperationException("The request has been upgraded already.");
        }

        StatusCode = StatusCodes.Status101SwitchingProtocols;
        ReasonPhrase = null;
        IsUpgraded = true;
        await ResponseWriter.FlushAsync().ConfigureAwait(false);
        return new UpgradedStream(RequestBody, ResponseStream);
    }

    async ValueTask<Stream> IHttpExtendedConnectFeature.AcceptAsync()
    {
        if (!((IHttpExtendedConnectFeature)this).IsExtendedConnect)
        {
            throw new InvalidOperationException("Only an extended CONNECT request, which has a :protocol, can be accepted.");
        }

        ThrowIfStarted("An extended CONNECT");
        await ResponseWriter.FlushAsync().ConfigureAwait(false);
        return new UpgradedStream(RequestBody, ResponseStream);
    }
}
