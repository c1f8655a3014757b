using TunnelRpc.Client;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Client.Hosting;
using TunnelRpc.Gateway.Client.Origins;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds local HTTP servers that a gateway makes reachable.</summary>
public static class HttpOriginClientBuilderExtensions
{
    /// <summary>
    /// Claims a name at the gateway of the server, and forwards the requests for it to a local HTTP server. The hosted application claims
    /// the name on every session of the client, also after a restart of the server. <see cref="HttpOriginClaim"/>, a singleton with the
    /// name as its key, has the public address. Call it several times for several names.
    /// </summary>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="name">A DNS label in lower case (RFC 1123, 2.1): letters, digits and hyphens, at most 63.</param>
    /// <param name="address">
    /// The address of the server, http or https. A path in it precedes the path of each request. It needs no connection when it is added.
    /// </param>
    /// <param name="configure">Sets further options; null for the defaults.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The name, the address or an option is not valid, or the client has the name already.</exception>
    public static TunnelClientBuilder AddHttpOrigin(
        this TunnelClientBuilder builder, string name, Uri address, Action<HttpOriginOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(address);
        if (!GatewayName.IsValid(name))
        {
            throw new ArgumentException(GatewayName.Describe(name), nameof(name));
        }

        if (!address.IsAbsoluteUri
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            || address.Query.Length > 0
            || address.Fragment.Length > 0
            || address.UserInfo.Length > 0)
        {
            throw new ArgumentException(
                "Expected an http or https address without user, query and fragment, such as http://127.0.0.1:3000.", nameof(address));
        }

        var options = new HttpOriginOptions();
        configure?.Invoke(options);
        options.Validate();
        ClientOrigins origins = ClientOrigins.GetOrAdd(builder);
        origins.Add(builder.Services, name, address, options);
        return builder;
    }
}
