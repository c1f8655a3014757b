using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TunnelRpc.Transports.Tests.Servers;

/// <summary>The proxy's side of the scheme Digest (RFC 7616) with qop=auth.</summary>
/// <param name="credentials">The correct credentials.</param>
/// <param name="algorithm">"MD5" or "SHA-256".</param>
/// <param name="stale">Whether the first nonce is stale when the client uses it.</param>
internal sealed class DigestChallenge(NetworkCredential credentials, string algorithm, bool stale)
{
    private const string Realm = "the office";

    // Not synchronized: the tests use one client after another.
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

    private string Challenge(string extra) =>
        $"Digest realm=\"{Realm}\", nonce=\"n{_nonce}\", qop=\"auth\", algorithm={algorithm}{extra}";

    private bool IsValid(string fields, string method)
    {
        string Field(string name) => Regex.Match(fields, $"(?:^|[ ,]){name}=\"?([^\",]*)\"?").Groups[1].Value;
        string first = Hash($"{credentials.UserName}:{Realm}:{credentials.Password}");
        string second = Hash($"{method}:{Field("uri")}");
        return Field("nonce") == $"n{_nonce}"
            && Field("qop") == "auth"
            && Field("response") == Hash($"{first}:{Field("nonce")}:{Field("nc")}:{Field("cnonce")}:auth:{second}");
    }

#pragma warning disable CA5351 // RFC 7616 still has MD5, and peers use it.
    private string Hash(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Convert.ToHexStringLower(algorithm == "MD5" ? MD5.HashData(bytes) : SHA256.HashData(bytes));
    }
#pragma warning restore CA5351
}
