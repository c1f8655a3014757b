using System.Net;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>The proxy and its credentials in the endpoint, from the options or from proxy settings.</summary>
public sealed class ProxyChoiceTests
{
    private static readonly Uri Address = new("https://server.example/tunnel");

    [Fact]
    public async Task Proxy_and_its_credentials_come_from_the_source()
    {
        TunnelEndpoint endpoint = await EndpointAsync(new Source("http://ann%20b:p%40ss@proxy.example:3128"));

        endpoint.Proxy.ShouldBe(new Uri("http://proxy.example:3128/"));
        endpoint.ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("ann b");
        endpoint.ProxyCredentials.Password.ShouldBe("p@ss");
    }

    [Fact]
    public async Task Credentials_of_the_options_take_precedence_over_those_of_the_source()
    {
        Source source = new("http://proxy.example:3128") { Credentials = new NetworkCredential("ann", "secret") };

        (await EndpointAsync(source)).ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("ann");
        TunnelEndpoint endpoint = await EndpointAsync(source, options => options.ProxyCredentials = new NetworkCredential("bob", "secret"));
        endpoint.ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("bob");
    }

    [Fact]
    public async Task Explicit_proxy_takes_precedence_over_the_source()
    {
        TunnelEndpoint endpoint = await EndpointAsync(
            new Source("http://proxy.example:3128"), options => options.Proxy = new Uri("http://other.example:8080"));

        endpoint.Proxy.ShouldBe(new Uri("http://other.example:8080"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/tunnel")]
    [InlineData("http://localhost:5000/tunnel")]
    [InlineData("http://[::1]:5000/tunnel")]
    [InlineData("https://inside.example/tunnel")]
    public async Task Loopback_and_bypassed_addresses_use_no_proxy(string address)
    {
        TunnelEndpoint endpoint = await EndpointAsync(
            new Source("http://proxy.example:3128"), options => options.Address = new Uri(address));

        endpoint.Proxy.ShouldBeNull();
        endpoint.ProxyCredentials.ShouldBeNull();
    }

    [Fact]
    public async Task Endpoint_without_a_source_has_no_proxy() => (await EndpointAsync(null)).Proxy.ShouldBeNull();

    [Fact]
    public void Default_source_is_the_platforms() => new TunnelClientOptions().DefaultProxy.ShouldBeSameAs(HttpClient.DefaultProxy);

    private static async Task<TunnelEndpoint> EndpointAsync(IWebProxy? source, Action<TunnelClientOptions>? configure = null)
    {
        var options = new TunnelClientOptions { Address = Address, DefaultProxy = source };
        configure?.Invoke(options);
        return await new EndpointFactory(options).CreateAsync(options.Address, CancellationToken.None);
    }

    /// <summary>Proxy settings as .NET reads them from the environment: the URL contains the user info.</summary>
    private sealed class Source(string proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => new(proxy);

        public bool IsBypassed(Uri host) => host.Host == "inside.example";
    }
}
