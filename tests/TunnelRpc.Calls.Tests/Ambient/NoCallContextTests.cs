using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Filters;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>A class that says that it does not look at the context of its calls has none, however it is registered.</summary>
public sealed class NoCallContextTests
{
    [Theory]
    [InlineData("instance")]
    [InlineData("singleton")]
    [InlineData("scoped")]
    public async Task Who_says_so_has_no_context_and_others_have_one(string registration)
    {
        (await CountAsync<ContextView>(registration)).ShouldBe(2);
        (await CountAsync<ContextlessView>(registration)).ShouldBe(0);
    }

    [Fact]
    public async Task Where_filters_run_there_is_one_all_the_same()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IContextView>(
            new ContextlessView(), o => o.ConfigureServer = server => server.Filters.Add(new TimeoutFilter(TimeSpan.FromMinutes(1)))).DefaultTimeout();

        (await host.Client.Get<IContextView>().CountAsync().AsTask().DefaultTimeout()).ShouldBe(2);
    }

    [Fact]
    public async Task A_stream_has_one_all_the_same_and_calls_without_one_follow_one_another()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IContextView>(new ContextlessView()).DefaultTimeout();
        IContextView view = host.Client.Get<IContextView>();
        for (int i = 0; i < 10; i++)
        {
            (await view.StreamAsync().FirstAsync().AsTask().DefaultTimeout()).ShouldBeTrue();
            (await Task.WhenAll(Enumerable.Range(0, 20).Select(n => view.EchoAsync($"{n}").AsTask())).DefaultTimeout()).ShouldBe(Enumerable.Range(0, 20).Select(n => $"{n}"));
            (await view.CountAsync().AsTask().DefaultTimeout()).ShouldBe(0);
        }
    }

    private static async Task<int> CountAsync<TView>(string registration)
        where TView : class, IContextView, new()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(
            server => _ = registration switch
            {
                "instance" => server.AddService<IContextView>(new TView()),
                "singleton" => server.AddService<IContextView, TView>(ServiceLifetime.Singleton),
                _ => server.AddService<IContextView, TView>(),
            },
            _ => { }).DefaultTimeout();
        return await host.Client.Get<IContextView>().CountAsync().AsTask().DefaultTimeout();
    }
}
