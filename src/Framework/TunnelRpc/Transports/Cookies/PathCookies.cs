using System.Net;

namespace TunnelRpc.Transports.Cookies;

/// <summary>
/// The cookies of one attempt to open a path, and of the path that it opens: those of the client's <see cref="CookieStore"/>, and those
/// that this attempt received. Until <see cref="Commit"/>, the received ones are not visible to other attempts: several attempts of one
/// race may reach several servers, and each must stay at its own. Thread-safe.
/// </summary>
/// <param name="store">The client's cookies.</param>
internal sealed class PathCookies(CookieStore store)
{
    /// <summary>The maximum number of Set-Cookie fields that an attempt holds for <see cref="Commit"/>. The oldest are discarded.</summary>
    public const int MaxPendingFields = 100;

    private readonly Lock _gate = new();

    // All guarded by _gate, and used until the commit only: the received cookies, the received fields in their order, and the names of the
    // cookies that the server removed.
    private readonly CookieContainer _received = new();
    private readonly Queue<(Uri Address, string SetCookie)> _pending = new();
    private readonly HashSet<string> _removedNames = new(StringComparer.Ordinal);
    private bool _isCommitted;

    /// <summary>Creates the cookies of another attempt with the same store.</summary>
    public PathCookies Fork() => store.CreatePathCookies();

    /// <summary>
    /// Returns the Cookie field of a request; null for none. The cookies of the application come first, unchanged, and replace received
    /// ones of the same name.
    /// </summary>
    /// <param name="address">The request's address.</param>
    /// <param name="applicationCookies">The Cookie field that the application configured; null for none.</param>
    public string? GetHeader(Uri address, string? applicationCookies)
    {
        address = ToHttp(address);
        HashSet<string> names = [.. GetNames(applicationCookies)];
        List<string> cookies = applicationCookies is null ? [] : [applicationCookies];
        lock (_gate)
        {
            if (!_isCommitted)
            {
                CookieCollection received = _received.GetCookies(address);
                cookies.AddRange(received.Where(c => !names.Contains(c.Name)).Select(Format));
                names.UnionWith(received.Select(c => c.Name));
                names.UnionWith(_removedNames);
            }
        }

        cookies.AddRange(store.GetCookies(address).Where(c => !names.Contains(c.Name)).Select(Format));
        return cookies.Count == 0 ? null : string.Join("; ", cookies);
    }

    /// <summary>Stores the Set-Cookie fields of a response of the server, of any status.</summary>
    public void Store(Uri address, IEnumerable<string> setCookies)
    {
        address = ToHttp(address);
        lock (_gate)
        {
            if (_isCommitted)
            {
                store.Store(setCookies.Select(setCookie => (address, setCookie)));
                return;
            }

            foreach (string setCookie in setCookies)
            {
                if (_pending.Count == MaxPendingFields)
                {
                    _pending.Dequeue();
                }

                _pending.Enqueue((address, setCookie));
                CookieStore.TryStore(_received, address, setCookie);
                NoteRemoval(address, setCookie);
            }
        }
    }

    /// <summary>
    /// Adds the received cookies to the client's. Cookies that arrive later are added at once. Called when the attempt has failed, so that
    /// the next attempt sends what a refusal has set, and when its path is the session's. Idempotent.
    /// </summary>
    public void Commit()
    {
        lock (_gate)
        {
            if (!_isCommitted)
            {
                _isCommitted = true;
                store.Store(_pending);
                _pending.Clear();
            }
        }
    }

    // Called under _gate. A field removes a cookie by an expiry in the past: then it is a valid cookie without its expiry only.
    private void NoteRemoval(Uri address, string setCookie)
    {
        CookieContainer single = new();
        CookieStore.TryStore(single, address, string.Join(';', setCookie.Split(';').Where(part => !IsExpiry(part))));
        int count = single.Count;
        CookieStore.TryStore(single, address, setCookie);
        if (count == 1 && single.Count == 0)
        {
            _removedNames.UnionWith(GetNames(setCookie.Split(';')[0]));
        }
    }

    private static bool IsExpiry(string attribute)
        => attribute.Split('=')[0].Trim() is { } name
            && (name.Equals("Expires", StringComparison.OrdinalIgnoreCase) || name.Equals("Max-Age", StringComparison.OrdinalIgnoreCase));

    private static string Format(Cookie cookie) => $"{cookie.Name}={cookie.Value}";

    private static IEnumerable<string> GetNames(string? cookies) => cookies is null
        ? []
        : cookies.Split(';').Select(c => c.Split('=')[0].Trim()).Where(n => n.Length > 0);

    // The transport "connect" uses the schemes ws and wss, which have the cookies of http and https (RFC 6455, 4.1).
    private static Uri ToHttp(Uri address) => address.Scheme switch
    {
        "ws" => new UriBuilder(address) { Scheme = Uri.UriSchemeHttp, Port = address.Port }.Uri,
        "wss" => new UriBuilder(address) { Scheme = Uri.UriSchemeHttps, Port = address.Port }.Uri,
        _ => address,
    };
}
