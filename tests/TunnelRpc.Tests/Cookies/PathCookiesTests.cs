using TunnelRpc.Transports.Cookies;

namespace TunnelRpc.Tests.Cookies;

/// <summary>Which cookies a request sends after which responses (RFC 6265).</summary>
public sealed class PathCookiesTests
{
    private static readonly Uri Server = new("http://ops.example:8080/tunnel");

    private readonly CookieStore _store = new();

    [Theory]
    [InlineData("a=b", "/tunnel", "a=b")]
    [InlineData("a=b; Path=/", "/tunnel/0123/up?n=1", "a=b")]
    [InlineData("a=b; path=/tunnel; HttpOnly; SameSite=Lax; Partitioned", "/tunnel/0123/down", "a=b")]
    [InlineData("a=b; path=/tunnel", "/tunnels", null)]
    [InlineData("a=b; Path=/admin", "/tunnel", null)]
    [InlineData("a=b; Path=relative", "/tunnel", "a=b")]
    [InlineData("  a  =  b  ", "/", "a=b")]
    [InlineData("a=", "/", "a=")]
    [InlineData("a=b=c==", "/", "a=b=c==")]
    [InlineData("a=\"MTI3LjAuMC4xOjgwMDA=\"; Path=/", "/", "a=\"MTI3LjAuMC4xOjgwMDA=\"")]
    [InlineData("a=b,c; Path=/", "/", "a=b,c")]
    [InlineData("a=b c%20d; Path=/", "/", "a=b c%20d")]
    [InlineData("$a=b; Version=1; Port=\"1\"", "/", "$a=b")]
    [InlineData("a=b; Expires=Wed, 09 Jun 2100 10:18:14 GMT", "/", "a=b")]
    [InlineData("a=b; Expires=Wed, 09-Jun-2100 10:18:14 GMT", "/", "a=b")]
    [InlineData("a=b; Expires=never", "/", "a=b")]
    [InlineData("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/", null)]
    [InlineData("a=b; Max-Age=99999999999999999999", "/", "a=b")]
    [InlineData("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/", "a=b")]
    [InlineData("a=b; Max-Age=0", "/", null)]
    [InlineData("a=b; Max-Age=-1", "/", null)]
    [InlineData("a=b; Max-Age=soon", "/", "a=b")]
    [InlineData("a=b; Domain=", "/", "a=b")]
    [InlineData("a=b; Domain=.ops.example", "/", "a=b")]
    [InlineData("a=b; Domain=OPS.example", "/", "a=b")]
    [InlineData("a=b; Domain=other.example", "/", null)]
    [InlineData("a=b; Secure", "/", null)]
    [InlineData("a", "/", null)]
    [InlineData("=b", "/", null)]
    [InlineData("", "/", null)]
    [InlineData("a=b\u0001", "/", null)]
    [InlineData("a=\u00E9", "/", null)]
    public void Cookie_is_sent_as_RFC_6265_specifies(string setCookie, string path, string? expected)
    {
        PathCookies cookies = _store.CreatePathCookies();
        cookies.Store(Server, [setCookie]);

        cookies.GetHeader(new Uri(Server, path), null).ShouldBe(expected);
        cookies.Commit();
        cookies.GetHeader(new Uri(Server, path), null).ShouldBe(expected);
        cookies.Fork().GetHeader(new Uri(Server, path), null).ShouldBe(expected);
    }

    [Theory]
    [InlineData("http://ops.example:9090/tunnel", true)]
    [InlineData("https://ops.example/tunnel", true)]
    [InlineData("ws://ops.example:8080/tunnel", true)]
    [InlineData("http://www.ops.example/tunnel", false)]
    [InlineData("http://example/tunnel", false)]
    [InlineData("http://other.example:8080/tunnel", false)]
    public void Cookie_is_sent_to_its_host_only(string address, bool isSent)
    {
        PathCookies cookies = _store.CreatePathCookies();
        cookies.Store(Server, ["a=b; Path=/"]);

        cookies.GetHeader(new Uri(address), null).ShouldBe(isSent ? "a=b" : null);
    }

    [Theory, InlineData("https://127.0.0.1:1/"), InlineData("wss://127.0.0.1:1/"), InlineData("https://[::1]:1/")]
    public void Secure_cookie_is_sent_over_TLS_only(string address)
    {
        PathCookies cookies = _store.CreatePathCookies();
        cookies.Store(new Uri(address), ["a=b; Secure"]);

        cookies.GetHeader(new Uri(address), null).ShouldBe("a=b");
        cookies.GetHeader(new UriBuilder(address) { Scheme = "http" }.Uri, null).ShouldBeNull();
    }

    [Fact]
    public void Cookies_of_the_application_are_kept_and_replace_received_ones_of_the_same_name()
    {
        PathCookies cookies = _store.CreatePathCookies();
        cookies.Store(Server, ["mine=theirs", "node=1"]);

        cookies.GetHeader(Server, "mine=1; other=2").ShouldBe("mine=1; other=2; node=1");
        cookies.Commit();
        cookies.GetHeader(Server, "mine=1; other=2").ShouldBe("mine=1; other=2; node=1");
        _store.CreatePathCookies().GetHeader(new Uri("http://other.example/"), "mine=1").ShouldBe("mine=1");
    }

    [Fact]
    public void Attempts_do_not_see_the_cookies_of_attempts_in_progress()
    {
        PathCookies first = _store.CreatePathCookies();
        PathCookies second = _store.CreatePathCookies();
        first.Store(Server, ["node=1"]);
        second.Store(Server, ["node=2"]);

        first.GetHeader(Server, null).ShouldBe("node=1");
        second.GetHeader(Server, null).ShouldBe("node=2");
        _store.CreatePathCookies().GetHeader(Server, null).ShouldBeNull();

        second.Commit();
        first.GetHeader(Server, null).ShouldBe("node=1");
        first.Commit();
        _store.CreatePathCookies().GetHeader(Server, null).ShouldBe("node=1");
    }

    [Fact]
    public void Removed_cookie_is_sent_no_more_before_and_after_the_commit()
    {
        PathCookies earlier = _store.CreatePathCookies();
        earlier.Store(Server, ["node=1", "other=2"]);
        earlier.Commit();
        PathCookies cookies = earlier.Fork();

        cookies.Store(Server, ["node=; Max-Age=0", "other=; Max-Age=0; Domain=elsewhere.example"]);

        cookies.GetHeader(Server, null).ShouldBe("other=2");
        cookies.Commit();
        earlier.GetHeader(Server, null).ShouldBe("other=2");
        cookies.Store(Server, ["node=3"]);
        earlier.GetHeader(Server, null)!.Split("; ").ShouldBe(["node=3", "other=2"], ignoreOrder: true);
    }

    [Fact]
    public void Number_and_size_of_cookies_are_limited()
    {
        PathCookies cookies = _store.CreatePathCookies();
        cookies.Store(Server, Enumerable.Range(0, 1000).Select(i => $"c{i}={new string('x', 1000)}"));
        cookies.Store(Server, [$"large={new string('x', SetCookieField.MaxNameAndValueChars)}"]);
        cookies.GetHeader(Server, null)!.Length.ShouldBeLessThanOrEqualTo(PathCookies.MaxHeaderChars);

        cookies.Commit();

        string header = cookies.GetHeader(Server, "mine=1")!;
        header.ShouldStartWith("mine=1; c");
        header.ShouldNotContain("large");
        header.Length.ShouldBeLessThanOrEqualTo(PathCookies.MaxHeaderChars + 8);
        _store.GetCookies(Server)!.Count.ShouldBeInRange(10, CookieStore.MaxCookiesPerHost);
    }
}
