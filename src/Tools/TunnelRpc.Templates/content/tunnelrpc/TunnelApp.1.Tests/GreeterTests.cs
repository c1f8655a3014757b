using TunnelApp._1.Client;
using TunnelApp._1.Contracts;
using TunnelApp._1.Server;
using TunnelRpc;
using TunnelRpc.Testing.Hosting;

namespace TunnelApp._1.Tests;

/// <summary>The service and the callback in one process: real sessions and dispatch, without sockets.</summary>
public sealed class GreeterTests
{
    [Fact]
    public async Task Greet_uses_the_language_of_the_visitor()
    {
        await using TunnelTestHost host = await StartAsync("fr");

        Greeting greeting = await host.Get<IGreeter>().GreetAsync("Ada");

        Assert.Equal(new Greeting("Bonjour, Ada!", "fr"), greeting);
    }

    [Fact]
    public async Task Greet_without_a_name_is_refused()
    {
        await using TunnelTestHost host = await StartAsync("en");

        TunnelException failure = await Assert.ThrowsAsync<TunnelException>(() => host.Get<IGreeter>().GreetAsync(""));

        Assert.Equal(TunnelStatus.InvalidArgument, failure.Status);
    }

    [Fact]
    public async Task Count_down_is_a_stream()
    {
        await using TunnelTestHost host = await StartAsync("en");

        List<int> numbers = [];
        await foreach (int number in host.Get<IGreeter>().CountDownAsync(3))
        {
            numbers.Add(number);
        }

        Assert.Equal([3, 2, 1], numbers);
    }

    private static Task<TunnelTestHost> StartAsync(string language) => TunnelTestHost.StartAsync(
        server => server.AddService<IGreeter, GreeterService>(),
        options => options.ConfigureClient = client => client.Serve<IVisitor>(new Visitor(language)));
}
