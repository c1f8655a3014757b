using System.Net;
using TunnelRpc.Client;
using TunnelRpc.Client.Paths;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

public sealed class ProxyChoiceTests
{
    private static readonly Uri Address = new("https://server.example/tunnel");

    [Fact]
    public async Task The_source_names_the_proxy_and_its_credentials()
    {
        TunnelEndpoint endpoint = await EndpointAsync(new Source("http://ann%20b:p%40ss@proxy.example:3128"));

        endpoint.Proxy.ShouldBe(new Uri("http://proxy.example:3128/"));
        endpoint.ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("ann b");
        endpoint.ProxyCredentials.Password.ShouldBe("p@ss");
    }

    [Fact]
    public async Task The_sources_own_credentials_are_used_unless_the_options_have_some()
    {
        Source source = new("http://proxy.example:3128") { Credentials = new NetworkCredential("ann", "secret") };

        (await EndpointAsync(source)).ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("ann");
        (await EndpointAsync(source, options => options.ProxyCredentials = new NetworkCredential("bob", "secret"))).ProxyCredentials.ShouldNotBeNull().UserName.ShouldBe("bob");
    }

    [Fact]
    public async Task An_explicit_proxy_wins()
    {
        TunnelEndpoint endpoint = await EndpointAsync(new Source("http://proxy.example:3128"), options => options.Proxy = new Uri("http://other.example:8080"));

        endpoint.Proxy.ShouldBe(new Uri("http://other.example:8080"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/tunnel")]
    [InlineData("http://localhost:5000/tunnel")]
    [InlineData("http://[::1]:5000/tunnel")]
    [InlineData("https://inside.example/tunnel")]
    public async Task Loopback_addresses_and_those_that_the_source_lets_by_need_none(string address)
    {
        TunnelEndpoint endpoint = await EndpointAsync(new Source("http://proxy.example:3128"), options => options.Address = new Uri(address));

        endpoint.Proxy.ShouldBeNull();
        endpoint.ProxyCredentials.ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_source_there_is_none() => (await EndpointAsync(null)).Proxy.ShouldBeNull();

    [Fact]
    public void The_default_is_the_platforms() => new TunnelClientOptions().DefaultProxy.ShouldBeSameAs(HttpClient.DefaultProxy);

    private static async Task<TunnelEndpoint> EndpointAsync(IWebProxy? source, Action<TunnelClientOptions>? configure = null)
    {
        var options = new TunnelClientOptions { Address = Address, DefaultProxy = source };
        configure?.Invoke(options);
        return await new EndpointFactory(options).CreateAsync(options.Address, CancellationToken.None);
    }

    /// <summary>As the environment's source is, which keeps the user info in the URL.</summary>
    private sealed class Source(string proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => new(proxy);

        public bool IsBypassed(Uri host) => host.Host == "inside.example";
    }
}
