using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Calls.Tests.Disposal;
using TunnelRpc.Calls.Tests.Filters;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Scheduling;

/// <summary>Callbacks on a SynchronizationContext or TaskScheduler of the application, for user interfaces.</summary>
public sealed class CallbackSchedulingTests
{
    private const string Here = SingleThread.Name;

    [Theory]
    [InlineData("context of the client")]
    [InlineData("context that does not set itself")]
    [InlineData("scheduler of the client")]
    [InlineData("context of the contract")]
    [InlineData("scheduler of the contract")]
    public async Task Callbacks_of_every_shape_run_on_the_chosen_thread(string option)
    {
        using var thread = new SingleThread(setsContext: option.StartsWith("context of", StringComparison.Ordinal));
        var screen = new Screen { OnShow = (_, _) => Task.Delay(1, CancellationToken.None) };
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, option, screen));
        IScreen remote = Remote<IScreen>(host);

        (await remote.ShowAsync("a").DefaultTimeout()).ShouldBe([Here, Here, Here]);
        (await ListAsync(remote.WatchAsync(20)).DefaultTimeout()).ShouldBe(Enumerable.Repeat(Here, 20));
        (await ListAsync(remote.EchoAsync(Items(20))).DefaultTimeout()).ShouldBe(Enumerable.Repeat(Here, 20));
        (await remote.DrawAsync(Items(20)).DefaultTimeout()).ShouldBe(Enumerable.Repeat(Here, 20));
        IDialog dialog = await remote.OpenAsync().DefaultTimeout();
        (await dialog.ShowAsync().DefaultTimeout()).ShouldBe([Here, Here, Here]);
        (await Remote<IOrderedScreen>(host).ShowAsync(1).DefaultTimeout()).ShouldBe([Here, Here, Here]);
    }

    [Fact]
    public async Task Callbacks_without_an_option_run_on_the_thread_pool_without_a_context()
    {
        var screen = new Screen();
        bool isPool = false;
        SynchronizationContext? context = null;
        screen.OnShow = (_, _) =>
        {
            (isPool, context) = (Thread.CurrentThread.IsThreadPoolThread, SynchronizationContext.Current);
            return Task.CompletedTask;
        };
        await using TunnelTestHost host = await StartAsync(o => o.Serve<IScreen>(screen));

        await Remote<IScreen>(host).ShowAsync("a").DefaultTimeout();

        (isPool, context).ShouldBe((true, null));
    }

    [Fact]
    public async Task Option_of_a_contract_takes_precedence_over_that_of_the_client()
    {
        using var thread = new SingleThread();
        await using TunnelTestHost host = await StartAsync(o =>
        {
            o.CallbackSynchronizationContext = thread.Context;
            o.Serve<IScreen>(new Screen(), new TunnelCallbackOptions { TaskScheduler = TaskScheduler.Default });
            o.Serve<IOrderedScreen>(new Screen());
        });

        (await Remote<IScreen>(host).ShowAsync("a").DefaultTimeout()).ShouldNotContain(Here);
        (await Remote<IOrderedScreen>(host).ShowAsync(1).DefaultTimeout()).ShouldBe([Here, Here, Here]);
    }

    [Fact]
    public async Task Contract_served_later_and_callbacks_of_the_builder_take_the_option()
    {
        using var thread = new SingleThread();
        using var steps = new Steps();
        await using JobApp app = await JobApp.StartAsync(s => s.AddService<IJob>(steps));
        var services = new ServiceCollection();
        services.AddTunnelClient(o => o.Address = app.Address)
            .AddCallback<IScreen, Screen>(options: new TunnelCallbackOptions { SynchronizationContext = thread.Context });
        await using ServiceProvider provider = services.BuildServiceProvider();
        TunnelClient client = provider.GetRequiredService<TunnelClient>();
        client.Serve<IOrderedScreen>(new Screen(), new TunnelCallbackOptions { TaskScheduler = thread.Scheduler });
        await client.ConnectAsync().DefaultTimeout();
        IServiceProvider server = app.App.Services;

        string id = client.SessionId!;
        (await server.GetRequiredService<ITunnelClients<IScreen>>().Session(id).ShowAsync("a").DefaultTimeout())
            .ShouldBe([Here, Here, Here]);
        (await server.GetRequiredService<ITunnelClients<IOrderedScreen>>().Session(id).ShowAsync(1).DefaultTimeout())
            .ShouldBe([Here, Here, Here]);
    }

    [Fact]
    public async Task Filters_run_on_the_context_and_the_method_returns_to_it()
    {
        using var thread = new SingleThread();
        string? filterRanAt = null;
        await using TunnelTestHost host = await StartAsync(o =>
        {
            o.CallbackSynchronizationContext = thread.Context;
            o.Serve<IScreen>(new Screen());
            o.Filters.Add(new DelegateFilter(async (context, next) =>
            {
                filterRanAt = SingleThread.Where;
                await Task.Delay(1).ConfigureAwait(false);
                await next(context).ConfigureAwait(false);
            }), direction: TunnelCallDirection.Incoming);
        });

        (await Remote<IScreen>(host).ShowAsync("a").DefaultTimeout()).ShouldBe([Here, Here, Here]);
        filterRanAt.ShouldBe(Here);
    }

    [Theory]
    [InlineData("context of the client")]
    [InlineData("scheduler of the client")]
    public async Task Callbacks_start_in_the_order_in_which_the_server_made_them(string option)
    {
        const int Count = 2000;
        using var thread = new SingleThread();
        var screen = new Screen();
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, option, screen));
        IScreen remote = Remote<IScreen>(host);

        for (int i = 0; i < Count; i++)
        {
            await remote.NoteAsync(i);
        }

        await remote.ShowAsync("last").DefaultTimeout();
        screen.Notes.ShouldBe(Enumerable.Range(0, Count));
    }

    [Fact]
    public async Task Exception_of_a_callback_reaches_the_server_and_not_the_context()
    {
        using var thread = new SingleThread();
        var screen = new Screen { OnShow = (_, _) => throw new InvalidOperationException("no window") };
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, "context of the client", screen));

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => Remote<IScreen>(host).ShowAsync("a").DefaultTimeout());

        error.Message.ShouldContain("no window");
        screen.OnShow = (_, _) => Task.CompletedTask;
        (await Remote<IScreen>(host).ShowAsync("b").DefaultTimeout()).ShouldBe([Here, Here, Here]);
    }

    [Fact]
    public async Task Cancelled_callback_ends_and_one_that_waits_for_the_thread_never_runs()
    {
        using var thread = new SingleThread();
        var shown = new List<string>();
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var screen = new Screen
        {
            OnShow = (text, cancelled) =>
            {
                shown.Add(text);
                running.TrySetResult();
                return text == "runs" ? Task.Delay(Timeout.Infinite, cancelled) : Task.CompletedTask;
            },
        };
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, "context of the client", screen));
        IScreen remote = Remote<IScreen>(host);
        using var cancellation = new CancellationTokenSource();
        Task first = remote.ShowAsync("runs", cancellation.Token);
        await running.Task.DefaultTimeout();
        using var release = new ManualResetEventSlim();
        thread.Run(release.Wait);
        Task waiting = remote.ShowAsync("waits", cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => first.DefaultTimeout());
        await Should.ThrowAsync<OperationCanceledException>(() => waiting.DefaultTimeout());
        await host.Client.Get<IJob>().RunAsync("the client has processed the cancellation").DefaultTimeout();
        await remote.NoteAsync(1);
        release.Set();
        await remote.ShowAsync("last").DefaultTimeout();
        shown.ShouldBe(["runs", "last"]);
    }

    [Fact]
    public async Task Callback_that_blocks_the_thread_on_a_call_to_the_server_ends()
    {
        using var thread = new SingleThread();
        TunnelClient client = null!;
        var screen = new Screen { OnShow = BlockAsync };
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, "context of the client", screen));
        client = host.Client;

        (await Remote<IScreen>(host).ShowAsync("a").DefaultTimeout()).ShouldBe([Here, Here, Here]);

        Task BlockAsync(string text, CancellationToken cancellationToken)
        {
            client.Get<IJob>().RunAsync("any", CancellationToken.None).Wait(TestTimeout.Default, CancellationToken.None).ShouldBeTrue();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Thread_that_blocks_on_disposal_does_not_wait_for_callbacks_that_wait_for_the_thread()
    {
        using var thread = new SingleThread();
        var screen = new Screen();
        await using TunnelTestHost host = await StartAsync(o =>
        {
            Configure(o, thread, "context of the client", screen);
            o.ShutdownTimeout = TimeSpan.FromHours(1);
        });
        using var mayDispose = new ManualResetEventSlim();
        var disposed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Run(() =>
        {
            mayDispose.Wait();
            disposed.TrySetResult(host.Client.DisposeAsync().AsTask().Wait(TestTimeout.Default));
        });
        Task<string[]> waiting = Remote<IScreen>(host).ShowAsync("waits");
        Task<string[]> ordered = Remote<IOrderedScreen>(host).ShowAsync(1);
        await host.Client.Get<IJob>().RunAsync("the callbacks have arrived").DefaultTimeout();

        mayDispose.Set();

        (await disposed.Task.DefaultTimeout()).ShouldBeTrue();
        await Should.ThrowAsync<TunnelException>(() => waiting.DefaultTimeout());
        await Should.ThrowAsync<TunnelException>(() => ordered.DefaultTimeout());
        screen.Notes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("context of the client")]
    [InlineData("scheduler of the client")]
    public async Task Context_that_has_shut_down_fails_callbacks(string option)
    {
        using var thread = new SingleThread();
        await using TunnelTestHost host = await StartAsync(o => Configure(o, thread, option, new Screen()));
        thread.ShutDown();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => Remote<IScreen>(host).ShowAsync("a").DefaultTimeout());

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("accepts no work");
    }

    [Fact]
    public void Context_and_scheduler_at_once_are_refused()
    {
        using var thread = new SingleThread();
        var options = new TunnelClientOptions
        {
            Address = new Uri("http://127.0.0.1:1/"),
            CallbackSynchronizationContext = thread.Context,
            CallbackTaskScheduler = thread.Scheduler,
        };
        var both = new TunnelCallbackOptions { SynchronizationContext = thread.Context, TaskScheduler = thread.Scheduler };

        Should.Throw<ArgumentException>(() => new TunnelClient(options)).Message
            .ShouldContain("At most one of CallbackSynchronizationContext and CallbackTaskScheduler may be set");
        Should.Throw<ArgumentException>(() => new TunnelClientOptions().Serve<IScreen>(new Screen(), both)).Message
            .ShouldContain("At most one of SynchronizationContext and TaskScheduler of TunnelCallbackOptions");
    }

    private static void Configure(TunnelClientOptions options, SingleThread thread, string option, Screen screen)
    {
        bool isContext = option.StartsWith("context", StringComparison.Ordinal);
        TunnelCallbackOptions? ofContract = null;
        if (option.EndsWith("contract", StringComparison.Ordinal))
        {
            ofContract = new TunnelCallbackOptions
            {
                SynchronizationContext = isContext ? thread.Context : null,
                TaskScheduler = isContext ? null : thread.Scheduler,
            };
        }
        else
        {
            options.CallbackSynchronizationContext = isContext ? thread.Context : null;
            options.CallbackTaskScheduler = isContext ? null : thread.Scheduler;
        }

        options.Serve<IScreen>(screen, ofContract);
        options.Serve<IOrderedScreen>(screen, ofContract);
    }

    private static Task<TunnelTestHost> StartAsync(Action<TunnelClientOptions> configure) =>
        TunnelTestHost.StartAsync<IJob>(new Steps(), o => o.ConfigureClient = configure);

    private static TService Remote<TService>(TunnelTestHost host)
        where TService : class, ITunnelService<TService> =>
        host.Services.GetRequiredService<ITunnelClients<TService>>().Session(host.Client.SessionId!);

    private static async IAsyncEnumerable<int> Items(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async Task<List<string>> ListAsync(IAsyncEnumerable<string> items)
    {
        var all = new List<string>();
        await foreach (string item in items)
        {
            all.Add(item);
        }

        return all;
    }
}
