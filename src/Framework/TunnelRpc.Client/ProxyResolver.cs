using System.Net;

namespace TunnelRpc.Client;

/// <summary>What a source of proxies says of an address.</summary>
internal static class ProxyResolver
{
    /// <summary>The proxy for an address, without its user info, and the credentials for it; null for none.</summary>
    /// <param name="source">The environment's, the system's, or the application's own; null for none.</param>
    /// <param name="address">The server.</param>
    /// <param name="credentials">The application's for the proxy, which win over the source's.</param>
    public static (Uri? Proxy, NetworkCredential? Credentials) Resolve(IWebProxy? source, Uri address, NetworkCredential? credentials)
    {
        // A proxy would look for the address on its own machine; .NET's sources pass these on unless NO_PROXY has them.
        if (source is null || address.IsLoopback || source.IsBypassed(address) || source.GetProxy(address) is not { } proxy || proxy == address)
        {
            return (null, null);
        }

        credentials ??= ParseUserInfo(proxy.UserInfo) ?? source.Credentials?.GetCredential(proxy, "Basic");
        bool isEmpty = credentials is not null && credentials != CredentialCache.DefaultNetworkCredentials && string.IsNullOrWhiteSpace(credentials.UserName);
        return (new UriBuilder(proxy) { UserName = string.Empty, Password = string.Empty }.Uri, isEmpty ? null : credentials);
    }

    private static NetworkCredential? ParseUserInfo(string userInfo)
    {
        if (userInfo.Length == 0)
        {
            return null;
        }

        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? new NetworkCredential(Uri.UnescapeDataString(userInfo), string.Empty)
            : new NetworkCredential(Uri.UnescapeDataString(userInfo[..colon]), Uri.UnescapeDataString(userInfo[(colon + 1)..]));
    }
}
