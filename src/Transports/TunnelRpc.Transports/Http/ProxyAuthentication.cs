using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// Gives the endpoint's proxy credentials to the platform's client, and keeps which schemes it asked them for: it asks for
/// those only that the proxy offered, in its own order of preference, until it gets some.
/// </summary>
/// <param name="credentials">The endpoint's; null for none.</param>
/// <param name="withWindows">Whether Negotiate and NTLM may be used, which the client prefers also where the platform lacks them.</param>
internal sealed class ProxyAuthentication(NetworkCredential? credentials, bool withWindows) : ICredentials
{
    // Under its own lock: legs of one dialer may be challenged at once.
    private readonly List<string> _asked = [];

    /// <summary>What the proxy offered, as far as the client got; the last one was used if there are credentials.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Whether the credentials went by Negotiate or NTLM.</summary>
    public bool UsedWindows => withWindows && credentials is not null && Asked.Any(IsWindows);

    /// <summary>Whether the proxy offered anything but Negotiate and NTLM.</summary>
    public bool OffersOthers => Asked.Any(scheme => !IsWindows(scheme));

    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        lock (_asked)
        {
            if (!_asked.Contains(authType))
            {
                _asked.Add(authType);
            }
        }

        // The account that the process runs as has no password to put into the other schemes.
        return IsWindows(authType)
            ? withWindows ? credentials : null
            : credentials == CredentialCache.DefaultNetworkCredentials ? null : credentials;
    }

    private static bool IsWindows(string scheme)
        => scheme.Equals("Negotiate", StringComparison.OrdinalIgnoreCase) || scheme.Equals("NTLM", StringComparison.OrdinalIgnoreCase);
}
