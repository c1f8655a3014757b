using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Filters;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Ambient;

/// <summary>Calls to a class with <see cref="NoCallContextAttribute"/> have no context, for every kind of registration.</summary>
public sealed class NoCallContextTests
{
    [Theory]
    [InlineData("instance")]
    [InlineData("singleton")]
    [InlineData("scoped")]
    public async Task NoCallContext_class_has_no_context_and_other_classes_have_one(string registration)
    {
        (await CountAsync<ContextView>(registration)).ShouldBe(2);
        (await CountAsync<ContextlessView>(registration)).ShouldBe(0);
    }

    [Fact]
    public async Task NoCallContext_class_has_a_context_when_filters_run()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IContextView>(
            new ContextlessView(), o => o.ConfigureServer = server => server.Filters.Add(new TimeoutFilter(TimeSpan.FromMinutes(1))))
                .DefaultTimeout();

        (await host.Client.Get<IContextView>().CountAsync().AsTask().DefaultTimeout()).ShouldBe(2);
    }

    [Fact]
    public async Task NoCallContext_class_has_a_context_in_streams_and_none_in_unary_calls()
    {
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IContextView>(new ContextlessView()).DefaultTimeout();
        IContextView view = host.Client.Get<IContextView>();
        for (int i = 0; i < 10; i++)
        {
            (await view.StreamAsync().FirstAsync().AsTask().DefaultTimeout()).ShouldBeTrue();
            (await Task.WhenAll(Enumerable.Range(0, 20).Select(n => view.EchoAsync($"{n}").AsTask()))
                .DefaultTimeout()).ShouldBe(Enumerable.Range(0, 20).Select(n => $"{n}"));
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
