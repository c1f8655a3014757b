using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>A proxy's side of Digest (RFC 7616) with qop=auth.</summary>
/// <param name="credentials">The right ones.</param>
/// <param name="algorithm">"MD5" or "SHA-256".</param>
/// <param name="stale">Whether the first nonce is too old when it comes back.</param>
internal sealed class DigestChallenge(NetworkCredential credentials, string algorithm, bool stale)
{
    private const string Realm = "the office";

    // The proxy under test has one client after another.
    private int _nonce = 1;

    public string? Check(string head)
    {
        Match authorization = Regex.Match(head, "^Proxy-Authorization: Digest (.*)\r$", RegexOptions.Multiline | RegexOptions.IgnoreCase);
        if (!authorization.Success || !IsValid(authorization.Groups[1].Value, head[..head.IndexOf(' ', StringComparison.Ordinal)]))
        {
            return Challenge(string.Empty);
        }

        if (stale && _nonce == 1)
        {
            _nonce++;
            return Challenge(", stale=true");
        }

        return null;
    }

    private string Challenge(string more) => $"Digest realm=\"{Realm}\", nonce=\"n{_nonce}\", qop=\"auth\", algorithm={algorithm}{more}";

    private bool IsValid(string fields, string method)
    {
        string Field(string name) => Regex.Match(fields, $"(?:^|[ ,]){name}=\"?([^\",]*)\"?").Groups[1].Value;
        string first = Hash($"{credentials.UserName}:{Realm}:{credentials.Password}");
        string second = Hash($"{method}:{Field("uri")}");
        return Field("nonce") == $"n{_nonce}"
            && Field("qop") == "auth"
            && Field("response") == Hash($"{first}:{Field("nonce")}:{Field("nc")}:{Field("cnonce")}:auth:{second}");
    }

#pragma warning disable CA5351 // MD5 is what RFC 7616 and its peers still have.
    private string Hash(string text)
        => Convert.ToHexStringLower(algorithm == "MD5" ? MD5.HashData(Encoding.UTF8.GetBytes(text)) : SHA256.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
}
