using Shouldly;
using TunnelRpc.Calls.Tests.Retrying;
using TunnelRpc.Client;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports;
using Xunit;

namespace TunnelRpc.Calls.Tests.Draining;

/// <summary>Servers that stop while clients call them.</summary>
public sealed class StoppingServerTests
{
    private const int MinCallsOnNextSession = 200;
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    // The number of the latest call. Every call has its own number, so that the service can count how often each call ran.
    private int _number;
    private int _callsOnNextSession;

    [Theory]
    [InlineData("upgrade")]
    [InlineData("websocket")]
    [InlineData("two-connection")]
    [InlineData("long-poll")]
    public async Task Server_that_stops_under_load_fails_no_call(string transport)
    {
        var work = new Work();
        var callback = new CallbackService();
        await using WorkApp first = await WorkApp.StartAsync(work);
        await using WorkApp second = await WorkApp.StartAsync(work);
        await using TunnelClient client = await ConnectAsync(first.Address, callback, o =>
        {
            o.FurtherAddresses.Add(second.Address);
            UseOnly(o, transport);
        });
        string session = client.SessionId.ShouldNotBeNull();
        using var stop = new CancellationTokenSource();
        Task[] callers = Callers(client, session, stop.Token);
        await UntilAsync(() => work.Runs.Count > 100);

        await first.StopAsync().WaitAsync(HangTimeout);

        await UntilAsync(() => Volatile.Read(ref _callsOnNextSession) > MinCallsOnNextSession);
        await stop.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(HangTimeout);
        client.SessionId.ShouldNotBe(session);
        await ShouldHaveRunOnceAsync(work);
    }

    [Fact]
    public async Task Server_that_restarts_under_load_fails_no_call()
    {
        var work = new Work();
        var callback = new CallbackService();
        await using WorkApp first = await WorkApp.StartAsync(work);
        await using TunnelClient client = await ConnectAsync(first.Address, callback);
        string session = client.SessionId.ShouldNotBeNull();
        using var stop = new CancellationTokenSource();
        Task[] callers = Callers(client, session, stop.Token);
        await UntilAsync(() => work.Runs.Count > 100);

        await first.StopAsync().WaitAsync(HangTimeout);
        await first.DisposeAsync();
        await using WorkApp second = await WorkApp.StartAsync(work, url: first.Address.GetLeftPart(UriPartial.Authority));

        await UntilAsync(() => Volatile.Read(ref _callsOnNextSession) > MinCallsOnNextSession);
        await stop.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(HangTimeout);
        await ShouldHaveRunOnceAsync(work);
    }

    [Fact]
    public async Task Stopping_server_finishes_running_calls_while_new_calls_use_the_next_address()
    {
        var work = new Work();
        await using WorkApp first = await WorkApp.StartAsync(work);
        await using WorkApp second = await WorkApp.StartAsync(work);
        await using TunnelClient client =
            await ConnectAsync(first.Address, new CallbackService(), o => o.FurtherAddresses.Add(second.Address));
        string session = client.SessionId.ShouldNotBeNull();
        using var blocked = new BlockedCall(work, 1);
        Task<int> running = client.Get<IWork>().AskAsync(1);
        await blocked.Reached.WaitAsync(HangTimeout);

        Task stopping = first.StopAsync();

        // Between two sessions SessionId is null. A call creates the next session.
        while (client.SessionId is not { } current || current == session)
        {
            (await client.Get<IWork>()
                .AddAsync(Interlocked.Increment(ref _number) + 10).AsTask().WaitAsync(HangTimeout)).ShouldBeGreaterThan(10);
        }

        stopping.IsCompleted.ShouldBeFalse("a call is still running");
        running.IsCompleted.ShouldBeFalse();
        first.Server.SessionIds.ShouldBe([session]);
        TunnelException refused =
            await Should.ThrowAsync<TunnelException>(() => first.Clients.Session(session).AnswerAsync(1).AsTask().WaitAsync(HangTimeout));
        (refused.Status, refused.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.NotSent));
        blocked.Dispose();

        (await running.WaitAsync(HangTimeout)).ShouldBe(-1);
        await stopping.WaitAsync(HangTimeout);
        first.Server.SessionIds.ShouldBeEmpty();
        second.Server.SessionIds.ShouldBe([client.SessionId!]);
        work.Runs[-1].ShouldBe(1);
    }

    [Fact]
    public async Task Calls_that_exceed_the_shutdown_timeout_fail_with_outcome_unknown()
    {
        var time = new FakeTimeProvider();
        var work = new Work();
        await using WorkApp first = await WorkApp.StartAsync(work, o =>
        {
            o.TimeProvider = time;
            o.ShutdownTimeout = TimeSpan.FromSeconds(20);
        });
        await using TunnelClient client = await ConnectAsync(first.Address, new CallbackService(), o => o.ConnectTimeout = TimeSpan.Zero);
        using var blocked = new BlockedCall(work, 1);
        Task<int> running = client.Get<IWork>().AddAsync(1).AsTask();
        await blocked.Reached.WaitAsync(HangTimeout);
        string session = client.SessionId.ShouldNotBeNull();

        Task stopping = first.StopAsync();
        while (client.SessionId == session)
        {
            await Task.Yield();
        }

        TunnelException refused =
            await Should.ThrowAsync<TunnelException>(() => client.Get<IWork>().AddAsync(2).AsTask().WaitAsync(HangTimeout));
        refused.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        refused.Message.ShouldContain("is shutting down. Retry later");
        time.Advance(TimeSpan.FromSeconds(19.9));
        running.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.1));

        TunnelException aborted = await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout));
        (aborted.Status, aborted.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.Unknown));
        aborted.Message.ShouldContain("The server is shutting down.");
        blocked.Dispose();
        await stopping.WaitAsync(HangTimeout);
        work.Runs.ShouldBe([new(1, 1)]);
    }

    [Fact]
    public async Task Client_disposed_while_its_server_drains_ends_immediately()
    {
        var work = new Work();
        await using WorkApp first = await WorkApp.StartAsync(work);
        TunnelClient client = await ConnectAsync(first.Address, new CallbackService(), o => o.ConnectTimeout = TimeSpan.Zero);
        using var blocked = new BlockedCall(work, 1);
        Task<int> running = client.Get<IWork>().AddAsync(1).AsTask();
        await blocked.Reached.WaitAsync(HangTimeout);
        string session = client.SessionId.ShouldNotBeNull();
        Task stopping = first.StopAsync();
        while (client.SessionId == session)
        {
            await Task.Yield();
        }

        await client.DisposeAsync().AsTask().WaitAsync(HangTimeout);

        (await Should.ThrowAsync<TunnelException>(() => running.WaitAsync(HangTimeout))).Outcome.ShouldBe(TunnelCallOutcome.Unknown);
        blocked.Dispose();
        await stopping.WaitAsync(HangTimeout);
    }

    private static async Task<TunnelClient> ConnectAsync(
        Uri address, CallbackService callback, Action<TunnelClientOptions>? configure = null)
    {
        TunnelClient client = await TunnelClient.ConnectAsync(address, o =>
        {
            o.Serve<ICallbackService>(callback);
            configure?.Invoke(o);
        }).WaitAsync(HangTimeout);
        callback.Client = client;
        return client;
    }

    private static void UseOnly(TunnelClientOptions options, string name)
    {
        ITransport transport = options.Transports.Single(t => t.Name == name);
        options.Transports.Clear();
        options.Transports.Add(transport);
    }

    /// <summary>
    /// Starts callers for every shape. A caller makes one call after another until <paramref name="stop"/>; a failed call fails its task.
    /// </summary>
    private Task[] Callers(TunnelClient client, string session, CancellationToken stop)
    {
        IWork work = client.Get<IWork>();
        IOrderedWork ordered = client.Get<IOrderedWork>();
        Func<int, Task>[] shapes =
        [
            async n => (await work.AddAsync(n)).ShouldBe(n),
            async n => await work.AddVoidAsync(n),
            async n => await work.NoteAsync(n),
            async n => (await work.FindAsync(n)).ShouldBe(n),
            async n => (await ListAsync(work.CountAsync(n))).ShouldBe([n, n + 1]),
            async n => (await ListAsync(work.ListAsync(n))).ShouldBe([n, n + 1]),
            async n => (await work.SumAsync(n, Items())).ShouldBe(6),
            async n => (await ListAsync(work.EchoAsync(n, Items()))).ShouldBe([1, 2, 3]),
            async n => (await work.AskAsync(n)).ShouldBe(-n),
            async n => (await ordered.AddAsync(n)).ShouldBe(n),
        ];
        return
        [
            .. shapes.SelectMany((shape, index) => Enumerable.Range(0, index == shapes.Length - 1 ? 1 : 2).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await shape(Interlocked.Increment(ref _number));
                    if (client.SessionId is { } current && current != session)
                    {
                        Interlocked.Increment(ref _callsOnNextSession);
                    }
                }
            }))),
        ];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var guard = new CancellationTokenSource(HangTimeout);
        while (!condition())
        {
            guard.IsCancellationRequested.ShouldBeFalse("the condition must become true before the hang timeout");
            await Task.Yield();
        }
    }

    private async Task ShouldHaveRunOnceAsync(Work work)
    {
        // One-way calls may still be in flight.
        await UntilAsync(() => work.Runs.Count(r => r.Key > 0) >= _number);
        work.Runs.Count(r => r.Key > 0).ShouldBe(_number);
        work.Runs.Where(r => r.Value != 1).ShouldBeEmpty();
    }

    private static async IAsyncEnumerable<int> Items()
    {
        for (int i = 1; i <= 3; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async Task<List<int>> ListAsync(IAsyncEnumerable<int> items)
    {
        var all = new List<int>();
        await foreach (int item in items)
        {
            all.Add(item);
        }

        return all;
    }
}
