using System.Net;

namespace TunnelRpc.Transports.Cookies;

// Decision: docs/adr/0047-cookies-of-a-client.md
/// <summary>
/// The cookies of one client (RFC 6265), in memory. Each attempt to open a path has its own <see cref="PathCookies"/> on top of them.
/// Thread-safe.
/// </summary>
internal sealed class CookieStore
{
    private readonly Lock _gate = new();

    // Guarded by _gate. The limits of the platform's container apply: 300 cookies, 20 for each domain, 4,096 bytes for each cookie.
    private readonly CookieContainer _container = new();

    /// <summary>Creates the cookies of a new attempt.</summary>
    public PathCookies CreatePathCookies() => new(this);

    /// <summary>Returns the cookies for a request.</summary>
    public CookieCollection GetCookies(Uri address)
    {
        lock (_gate)
        {
            return _container.GetCookies(address);
        }
    }

    /// <summary>Stores the values of Set-Cookie fields. Ignores the values that are not cookies, as RFC 6265, 5.2 requires.</summary>
    public void Store(IEnumerable<(Uri Address, string SetCookie)> received)
    {
        lock (_gate)
        {
            foreach ((Uri address, string setCookie) in received)
            {
                TryStore(_container, address, setCookie);
            }
        }
    }

    /// <summary>Adds the cookies of one Set-Cookie field to a container; does nothing if it has no valid cookie.</summary>
    public static void TryStore(CookieContainer container, Uri address, string setCookie)
    {
        try
        {
            container.SetCookies(address, setCookie);
        }
        catch (CookieException)
        {
            // Not a cookie, too large, or for another domain than the server's.
        }
    }
}
