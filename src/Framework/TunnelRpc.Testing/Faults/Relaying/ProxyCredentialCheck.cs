using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>Checks the credentials of requests. Stateless: every request gets the same challenge.</summary>
internal static partial class ProxyCredentialCheck
{
    private const string Realm = "fault-proxy";
    private const string Nonce = "66617573742d70726f7879";

    public static string Challenge(ProxyAuthentication authentication) =>
        authentication.UsesDigest
            ? $"Digest realm=\"{Realm}\", nonce=\"{Nonce}\", qop=\"auth\", algorithm=MD5"
            : $"Basic realm=\"{Realm}\"";

    /// <summary>Whether the credentials of a request are valid; null if it has none.</summary>
    public static bool? Verify(ProxyAuthentication authentication, Http1Head head)
    {
        if (!AuthenticationHeaderValue.TryParse(head.Field("Proxy-Authorization"), out AuthenticationHeaderValue? credentials)
            || credentials.Parameter is not { } parameter)
        {
            return null;
        }

        if (!authentication.UsesDigest)
        {
            string expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{authentication.UserName}:{authentication.Password}"));
            return credentials.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && parameter == expected;
        }

        if (!credentials.Scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Dictionary<string, string> fields = DigestField().Matches(parameter)
            .GroupBy(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim('"'), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => g.Last(), StringComparer.OrdinalIgnoreCase);
        string Get(string name) => fields.GetValueOrDefault(name, "");
        string user = Md5($"{authentication.UserName}:{Realm}:{authentication.Password}");
        string request = Md5($"{head.MethodOrVersion}:{Get("uri")}");
        return Get("nonce") == Nonce && Get("response") == Md5($"{user}:{Nonce}:{Get("nc")}:{Get("cnonce")}:{Get("qop")}:{request}");
    }

    // Proxies require MD5 (RFC 7616 retains it for compatibility). It protects no secret here.
#pragma warning disable CA5351
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    [GeneratedRegex("""(\w+)=("[^"]*"|[^,\s]+)""")]
    private static partial Regex DigestField();
}
