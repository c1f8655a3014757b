using System.Net;

namespace TunnelRpc.Transports.Cookies;

// Decision: docs/adr/0047-cookies-of-a-client.md
/// <summary>
/// The cookies of one client (RFC 6265), in memory. Each attempt to open a path has its own <see cref="PathCookies"/> on top of them.
/// Thread-safe.
/// </summary>
internal sealed class CookieStore
{
    /// <summary>The maximum number of cookies. The oldest are discarded.</summary>
    public const int MaxCookies = 300;

    /// <summary>The maximum number of cookies of one host. The oldest are discarded.</summary>
    public const int MaxCookiesPerHost = 20;

    private readonly Lock _gate = new();

    // Changed under _gate. Null until a cookie is received.
    private CookieContainer? _container;

    /// <summary>Whether a cookie has been received.</summary>
    public bool HasAny => Volatile.Read(ref _container) is not null;

    /// <summary>Creates a container with the limits of this type.</summary>
    public static CookieContainer CreateContainer() =>

        // Encoded values have up to nine characters for each received one (three bytes of UTF-8).
        new(MaxCookies, MaxCookiesPerHost, 9 * SetCookieField.MaxNameAndValueChars);

    /// <summary>
    /// Adds a cookie to a container, or removes it if it has expired. Returns false for a cookie for another domain than the server's
    /// (RFC 6265, 5.3, step 6).
    /// </summary>
    public static bool TryAdd(CookieContainer container, Uri address, Cookie cookie)
    {
        try
        {
            container.Add(address, cookie);
            return true;
        }
        catch (CookieException)
        {
            return false;
        }
    }

    /// <summary>Creates the cookies of a new attempt.</summary>
    public PathCookies CreatePathCookies() => new(this);

    /// <summary>Returns the cookies for a request; null for none.</summary>
    public CookieCollection? GetCookies(Uri address)
    {
        lock (_gate)
        {
            return _container?.GetCookies(address);
        }
    }

    /// <summary>Stores cookies that responses set.</summary>
    public void Store(IEnumerable<(Uri Address, Cookie Cookie)> received)
    {
        lock (_gate)
        {
            foreach ((Uri address, Cookie cookie) in received)
            {
                _container ??= CreateContainer();
                TryAdd(_container, address, cookie);
            }
        }
    }
}
