using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// Gives the endpoint's proxy credentials to the platform's client, and keeps which schemes it asked them for: it asks for
/// those only that the proxy offered, in its own order of preference, until it gets some.
/// </summary>
/// <param name="credentials">The endpoint's; null for none.</param>
/// <param name="allowWindowsAuthentication">Whether Negotiate and NTLM may be used, which the client prefers also where the platform lacks them.</param>
internal sealed class ProxyAuthentication(NetworkCredential? credentials, bool allowWindowsAuthentication) : ICredentials
{
    // Under its own lock: legs of one dialer may be challenged at once.
    private readonly List<string> _offeredSchemes = [];

    /// <summary>What the proxy offered, as far as the client got; the last one was used if there are credentials.</summary>
    public IReadOnlyList<string> OfferedSchemes
    {
        get
        {
            lock (_offeredSchemes)
            {
                return [.. _offeredSchemes];
            }
        }
    }

    /// <summary>Whether the credentials went by Negotiate or NTLM.</summary>
    public bool HasUsedWindowsAuthentication => allowWindowsAuthentication && credentials is not null && OfferedSchemes.Any(IsWindowsScheme);

    /// <summary>Whether the proxy offered anything but Negotiate and NTLM.</summary>
    public bool HasOtherSchemes => OfferedSchemes.Any(scheme => !IsWindowsScheme(scheme));

    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        lock (_offeredSchemes)
        {
            if (!_offeredSchemes.Contains(authType))
            {
                _offeredSchemes.Add(authType);
            }
        }

        // The account that the process runs as has no password to put into the other schemes.
        return IsWindowsScheme(authType)
            ? allowWindowsAuthentication ? credentials : null
            : credentials == CredentialCache.DefaultNetworkCredentials ? null : credentials;
    }

    private static bool IsWindowsScheme(string scheme)
        => scheme.Equals("Negotiate", StringComparison.OrdinalIgnoreCase) || scheme.Equals("NTLM", StringComparison.OrdinalIgnoreCase);
}
