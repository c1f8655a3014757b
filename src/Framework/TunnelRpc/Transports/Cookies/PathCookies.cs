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
    /// <summary>The maximum number of received cookies that an attempt holds for <see cref="Commit"/>. The oldest are discarded.</summary>
    public const int MaxPendingCookies = 100;

    /// <summary>
    /// The maximum size of the received cookies in a request. Further ones are not sent, so that no server or intermediary can make the
    /// client send requests that others refuse as too large (431).
    /// </summary>
    public const int MaxHeaderChars = 8192;

    private readonly Lock _gate = new();

    // Guarded by _gate. Null until a cookie is received, and after the commit.
    private ReceivedCookies? _received;
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
        if (Volatile.Read(ref _received) is null && !store.HasAny)
        {
            return string.IsNullOrWhiteSpace(applicationCookies) ? null : applicationCookies;
        }

        address = ToHttp(address);
        CookieCollection? stored;
        HashSet<string> excludedNames = [.. GetNames(applicationCookies)];
        List<string> cookies = [];
        lock (_gate)
        {
            stored = store.GetCookies(address);
            if (_received?.Valid.GetCookies(address) is { } own)
            {
                AddAllowed(cookies, own, excludedNames);
                excludedNames.UnionWith(own.Select(SetCookieField.GetName));
                excludedNames.UnionWith(_received!.RemovedNames);
            }
        }

        if (stored is not null)
        {
            AddAllowed(cookies, stored, excludedNames);
        }

        int length = 0;
        string[] parts =
        [
            .. string.IsNullOrWhiteSpace(applicationCookies) ? Array.Empty<string>() : [applicationCookies],
            .. cookies.TakeWhile(c => (length += c.Length + 2) <= MaxHeaderChars),
        ];
        return parts.Length == 0 ? null : string.Join("; ", parts);
    }

    /// <summary>Stores the Set-Cookie fields of a response of the server, of any status. Ignores fields without a valid cookie.</summary>
    public void Store(Uri address, IEnumerable<string> setCookies)
    {
        address = ToHttp(address);
        (Uri, Cookie Cookie)[] cookies =
            [.. setCookies.Select(SetCookieField.TryParse).Where(c => c is not null).Select(c => (address, c!))];
        lock (_gate)
        {
            if (_isCommitted || cookies.Length == 0)
            {
                store.Store(cookies);
                return;
            }

            _received ??= new ReceivedCookies();
            foreach ((Uri, Cookie Cookie) received in cookies)
            {
                if (_received.All.Count == MaxPendingCookies)
                {
                    _received.All.Dequeue();
                }

                _received.All.Enqueue(received);
                if (CookieStore.TryAdd(_received.Valid, address, received.Cookie) && received.Cookie.Expired)
                {
                    _received.RemovedNames.Add(SetCookieField.GetName(received.Cookie));
                }
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
            _isCommitted = true;
            if (_received is not null)
            {
                store.Store(_received.All);
                _received = null;
            }
        }
    }

    private static void AddAllowed(List<string> cookies, CookieCollection added, HashSet<string> excludedNames) =>
        cookies.AddRange(added.Where(c => !excludedNames.Contains(SetCookieField.GetName(c))).Select(SetCookieField.Format));

    private static IEnumerable<string> GetNames(string? cookies) =>
        (cookies ?? "").Split(';').Select(c => c.Split('=')[0].Trim()).Where(n => n.Length > 0);

    // The transport "connect" uses the schemes ws and wss, which have the cookies of http and https (RFC 6455, 4.1).
    private static Uri ToHttp(Uri address) => address.Scheme switch
    {
        "ws" => new UriBuilder(address) { Scheme = Uri.UriSchemeHttp, Port = address.Port }.Uri,
        "wss" => new UriBuilder(address) { Scheme = Uri.UriSchemeHttps, Port = address.Port }.Uri,
        _ => address,
    };

    private sealed class ReceivedCookies
    {
        /// <summary>The cookies that have not expired.</summary>
        public CookieContainer Valid { get; } = CookieStore.CreateContainer();

        /// <summary>All received cookies, in their order, at most <see cref="MaxPendingCookies"/>.</summary>
        public Queue<(Uri Address, Cookie Cookie)> All { get; } = new();

        /// <summary>The names of the cookies that the server removed.</summary>
        public HashSet<string> RemovedNames { get; } = new(StringComparer.Ordinal);
    }
}
