using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>
/// Calls that block their threads: the replies of finished calls do not wait for them. No other test runs beside them, because they use all
/// threads of the pool.
/// </summary>
[Collection(CollectionName)]
public sealed class BlockingCallTests
{
    private const string CollectionName = "Blocking calls";

    // Both sides share the pool whose threads are blocked: on a slow machine a ping is not answered within the default interval, and the
    // session would resume instead of waiting for the replies.
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    [InlineData("http2-post")]
    [InlineData("long-poll")]
    public async Task Reply_of_a_finished_call_is_sent_before_calls_that_block_have_started(string transport)
    {
        // More than the pool, which other tests may have made large, has threads for. It adds one or two in a second, and the client needs
        // some of them to read the reply.
        int count = ThreadPool.ThreadCount + 128;
        var bench = new Workbench();
        await using ServerApp app = await ServerApp.StartAsync(
            services => services.AddService<IWorkbench>(bench), options => options.KeepAliveInterval = KeepAliveInterval);
        await using TunnelClient client = await app.ConnectAsync(null, transport, options => options.KeepAliveInterval = KeepAliveInterval);
        IWorkbench stub = client.Get<IWorkbench>();

        Task<int>[] calls = [.. Enumerable.Range(0, count).Select(i => stub.BlockAsync(i))];
        bench.GateOf(0).Set();
        await calls[0].DefaultTimeout();
        IReadOnlyList<int> started = bench.Started;

        // A reply behind all calls would be sent when the last one has a thread.
        started.Count.ShouldBeLessThan(count);
        foreach (int number in started.Where(n => n > 0).Take(16))
        {
            // Each call ends only after the reply of the one before has arrived.
            bench.GateOf(number).Set();
            (await calls[number].DefaultTimeout()).ShouldBe(number);
        }

        for (int i = 0; i < count; i++)
        {
            bench.GateOf(i).Set();
        }

        (await Task.WhenAll(calls).DefaultTimeout()).ShouldBe(Enumerable.Range(0, count));
    }

    [CollectionDefinition(CollectionName, DisableParallelization = true)]
    public sealed class Definition;
}
