namespace TunnelRpc.Testing.Faults;

/// <summary>
/// The credentials that a <see cref="FaultProxy"/> wants of every request, with 407 to those that lack them (RFC 9110, 11.7). Immutable.
/// </summary>
/// <param name="UserName">The user's name.</param>
/// <param name="Password">The password.</param>
public sealed record ProxyAuthentication(string UserName, string Password)
{
    /// <summary>Digest with MD5 and qop=auth (RFC 7616), as Squid does it; false for Basic (RFC 7617). Default false.</summary>
    public bool UsesDigest { get; init; }

    /// <summary>The connection is closed behind the 407, as by tinyproxy. Default false.</summary>
    public bool ClosesConnection { get; init; }

    /// <summary>After a 407 the connection stays open but nothing on it is answered any more, as in mitmproxy. Default false.</summary>
    public bool StopsResponding { get; init; }

    /// <summary>What wrong credentials are answered with: 407, or 401 as in tinyproxy. Default 407.</summary>
    public int RejectionStatus { get; init; } = 407;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{(UsesDigest ? "Digest" : "Basic")} for {UserName}";
}
