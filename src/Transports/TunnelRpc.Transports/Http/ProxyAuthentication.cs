using System.Net;

namespace TunnelRpc.Transports.Http;

/// <summary>
/// Supplies the endpoint's proxy credentials to the platform's HTTP client and records the schemes for which the client requested them.
/// The client requests credentials for schemes that the proxy offered only, in its own order of preference, until it gets some.
/// Thread-safe.
/// </summary>
/// <param name="credentials">The endpoint's proxy credentials; null for none.</param>
/// <param name="allowWindowsAuthentication">
/// Whether Negotiate and NTLM may be used. The client prefers them even if the platform does not support them.
/// </param>
internal sealed class ProxyAuthentication(NetworkCredential? credentials, bool allowWindowsAuthentication) : ICredentials
{
    // Guarded by a lock on itself: concurrent requests of one dialer may be challenged at the same time.
    private readonly List<string> _offeredSchemes = [];

    /// <summary>The schemes for which the client requested credentials. With credentials, the client used the last one.</summary>
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

    /// <summary>Whether the client used the credentials with Negotiate or NTLM.</summary>
    public bool HasUsedWindowsAuthentication =>
        allowWindowsAuthentication && credentials is not null && OfferedSchemes.Any(IsWindowsScheme);

    /// <summary>Whether the proxy offered a scheme other than Negotiate and NTLM.</summary>
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

        // The other schemes need a password, which the credentials of the process's account do not have.
        return IsWindowsScheme(authType)
            ? allowWindowsAuthentication ? credentials : null
            : credentials == CredentialCache.DefaultNetworkCredentials ? null : credentials;
    }

    private static bool IsWindowsScheme(string scheme)
        => scheme.Equals("Negotiate", StringComparison.OrdinalIgnoreCase) || scheme.Equals("NTLM", StringComparison.OrdinalIgnoreCase);
}
