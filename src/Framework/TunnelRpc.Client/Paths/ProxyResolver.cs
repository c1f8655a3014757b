using System.Net;

namespace TunnelRpc.Client.Paths;

/// <summary>Looks up the proxy for an address in an <see cref="IWebProxy"/>. Without state.</summary>
internal static class ProxyResolver
{
    /// <summary>Returns the proxy for an address, without user info, and the credentials for it; null for no proxy.</summary>
    /// <param name="source">The environment's, the system's or the application's proxy settings; null for no proxy.</param>
    /// <param name="address">The server.</param>
    /// <param name="credentials">
    /// The application's credentials for the proxy. They take precedence over those of <paramref name="source"/>.
    /// </param>
    public static (Uri? Proxy, NetworkCredential? Credentials) Resolve(IWebProxy? source, Uri address, NetworkCredential? credentials)
    {
        // Loopback addresses never use a proxy: the proxy would connect to its own machine. .NET's sources do not bypass them unless
        // NO_PROXY lists them.
        if (source is null
            || address.IsLoopback
            || source.IsBypassed(address)
            || source.GetProxy(address) is not { } proxy
            || proxy == address)
        {
            return (null, null);
        }

        credentials ??= ParseUserInfo(proxy.UserInfo) ?? source.Credentials?.GetCredential(proxy, "Basic");
        bool isEmpty = credentials is not null
            && credentials != CredentialCache.DefaultNetworkCredentials
            && string.IsNullOrWhiteSpace(credentials.UserName);
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
