namespace TunnelRpc.Testing.Faults;

/// <summary>
/// The credentials that a <see cref="FaultProxy"/> requires of every request. It answers a request without credentials with 407 (RFC 9110,
/// 11.7). Immutable.
/// </summary>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password.</param>
public sealed record ProxyAuthentication(string UserName, string Password)
{
    /// <summary>
    /// Whether the scheme is Digest with MD5 and qop=auth (RFC 7616), as in Squid; false for Basic (RFC 7617). Default false.
    /// </summary>
    public bool UsesDigest { get; init; }

    /// <summary>Whether the proxy closes the connection after the 407, as tinyproxy does. Default false.</summary>
    public bool ClosesConnection { get; init; }

    /// <summary>
    /// Whether the proxy, after a 407, keeps the connection open but no longer answers authorized requests on it, as mitmproxy does.
    /// Default false.
    /// </summary>
    public bool StopsResponding { get; init; }

    /// <summary>The status for wrong credentials: 407, or 401 as in tinyproxy. Default 407.</summary>
    public int RejectionStatus { get; init; } = 407;

    /// <summary>Returns the scheme and the user name, without the password.</summary>
    public override string ToString() => $"{(UsesDigest ? "Digest" : "Basic")} for {UserName}";
}
