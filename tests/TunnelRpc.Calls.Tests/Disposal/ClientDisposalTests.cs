using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Calls.Tests.Filters;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>Disposal of a client from any place, beside callbacks that end, that ignore their token, or that wait for the server.</summary>
public sealed class ClientDisposalTests
{
    private const string Disposes = "disposes";
    private const string Beside = "beside";

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        string[] places =
        [
            "outside", "callback", "one-way callback", "streaming callback", "blocking callback", "nested callback", "incoming filter",
            "outgoing filter", "StateChanged", "scope of the callback", "service provider", "singleton of the provider", "token callback",
        ];
        foreach (string place in places)
        {
            foreach (string beside in new[] { "nothing", "ends", "ignores its token", "waits for the server" })
            {
                cases.Add(place, beside);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Client_disposed_anywhere_beside_any_callback_is_disposed_within_its_timeout(string place, string beside)
    {
        using var steps = new Steps();
        await using JobApp app = await JobApp.StartAsync(s => s.AddService<IJob>(steps));
        var services = new ServiceCollection();
        services.AddSingleton<Owner>();
        services.AddSingleton(steps);
        TunnelClientBuilder builder = services.AddTunnelClient(o =>
        {
            o.Address = app.Address;
            o.ShutdownTimeout = TimeSpan.FromMilliseconds(beside == "ignores its token" ? 300 : 60_000);
        }).AddRemote<IJob>();
        if (place == "scope of the callback")
        {
            builder.AddCallback<IStep, ScopedStep>();
        }
        else
        {
            builder.AddCallback<IStep>(steps);
        }

        TunnelClient client = null!;
        ServiceProvider provider = null!;
        var disposal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task DisposeAsync()
        {
            try
            {
                await (place switch
                {
                    "service provider" => provider.DisposeAsync().AsTask(),
                    "singleton of the provider" => provider.GetRequiredService<Owner>().DisposeAsync().AsTask(),
                    _ => client.DisposeAsync().AsTask(),
                });
                disposal.TrySetResult();
            }
            catch (Exception error)
            {
                disposal.TrySetException(error);
            }
        }

        Task BlockAsync(CancellationToken cancellationToken)
        {
            DisposeAsync().Wait(TestTimeout.Default, CancellationToken.None);
            return Task.CompletedTask;
        }

        Task DisposeWhenCancelledAsync(CancellationToken cancellationToken)
        {
            cancellationToken.Register(() => DisposeAsync().Wait(TestTimeout.Default));
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        Task DisposeInScopeAsync(CancellationToken cancellationToken)
        {
            ScopedStep.Disposing = DisposeAsync;
            return Task.CompletedTask;
        }

        bool filterDisposes = false;
        builder.AddFilter(new DelegateFilter(async (context, next) =>
        {
            bool isIncoming = context.Direction == TunnelCallDirection.Incoming;
            if (filterDisposes && place == (isIncoming ? "incoming filter" : "outgoing filter"))
            {
                filterDisposes = false;
                await DisposeAsync();
            }

            await next(context);
        }));
        provider = services.BuildServiceProvider();
        client = provider.GetRequiredService<TunnelClient>();
        IJob job = client.Get<IJob>();
        await client.ConnectAsync().DefaultTimeout();
        provider.GetRequiredService<Owner>().Dispose = () => client.DisposeAsync();

        steps[Beside] = beside switch
        {
            "ends" => cancelled => Task.Delay(Timeout.Infinite, cancelled),
            "ignores its token" => _ => steps.IgnoreTokenAsync(),
            _ => _ => job.RunAsync("never", CancellationToken.None),
        };
        steps["never"] = cancelled => Task.Delay(Timeout.Infinite, cancelled);
        steps[Disposes] = place switch
        {
            "blocking callback" => BlockAsync,
            "nested callback" => _ => job.CallBackAsync("inner", CancellationToken.None),
            "token callback" => DisposeWhenCancelledAsync,
            "scope of the callback" => DisposeInScopeAsync,
            _ => _ => DisposeAsync(),
        };
        steps["inner"] = _ => DisposeAsync();
        Task other = beside == "nothing" ? Task.CompletedTask : job.CallBackAsync(Beside);
        await (beside == "nothing" ? Task.CompletedTask : steps.Reached(Beside)).DefaultTimeout();

        filterDisposes = true;
        Task trigger = place switch
        {
            "outside" => DisposeAsync(),
            "StateChanged" => DisposeFromStateChangedAsync(client, app, DisposeAsync),
            "one-way callback" => app.Clients.Session(client.SessionId!).NoteAsync(Disposes).AsTask(),
            "streaming callback" => DrainAsync(app.Clients.Session(client.SessionId!).StreamAsync(Disposes)),
            "token callback" => CancelAsync(job, steps),
            _ => job.CallBackAsync(Disposes),
        };

        await disposal.Task.DefaultTimeout();
        client.State.ShouldBe(TunnelClientState.Closed);
        await ShouldEndAsync(trigger);
        await ShouldEndAsync(other);
        Task disposed = client.DisposeAsync().AsTask();
        disposed.ShouldBeSameAs(client.DisposeAsync().AsTask());
        disposed.IsCompletedSuccessfully.ShouldBeTrue();
        steps.Dispose();
        await provider.DisposeAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Callback_that_ignores_its_token_delays_disposal_by_ShutdownTimeout()
    {
        using var steps = new Steps();
        var time = new FakeTimeProvider();
        TunnelTestHost host = await TunnelTestHost.StartAsync<IJob>(steps, o =>
        {
            o.TimeProvider = time;
            o.ConfigureClient = client =>
            {
                client.Serve<IStep>(steps);
                client.ShutdownTimeout = TimeSpan.FromSeconds(7);
            };
        });
        steps[Beside] = _ => steps.IgnoreTokenAsync();
        Task call = host.Get<IJob>().CallBackAsync(Beside);
        await steps.Reached(Beside).DefaultTimeout();

        long start = time.GetTimestamp();
        Task disposal = host.Client.DisposeAsync().AsTask();
        await time.AdvanceUntilAsync(disposal);

        time.GetElapsedTime(start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(7));
        await ShouldEndAsync(call);
        host.Client.State.ShouldBe(TunnelClientState.Closed);
        steps.Dispose();

        // On a slow machine the client gives up before the server has answered, and the server then waits for the client's return.
        await time.AdvanceUntilAsync(host.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Callback_that_joins_a_disposal_in_progress_is_not_waited_for()
    {
        using var steps = new Steps();
        TunnelClient client = null!;
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IJob>(steps, o => o.ConfigureClient = c =>
        {
            c.Serve<IStep>(steps);
            c.ShutdownTimeout = TimeSpan.FromHours(1);
        });
        client = host.Client;
        steps[Disposes] = async cancelled =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancelled);
            }
            finally
            {
                await client.DisposeAsync();
            }
        };
        Task call = client.Get<IJob>().CallBackAsync(Disposes);
        await steps.Reached(Disposes).DefaultTimeout();

        await client.DisposeAsync().DefaultTimeout();

        await ShouldEndAsync(call);
    }

    [Theory]
    [InlineData("disposes")]
    [InlineData("ignores its token")]
    public async Task AddressResolver_does_not_block_disposal(string what)
    {
        using var steps = new Steps();
        TunnelClient client = null!;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client = new TunnelClient(new TunnelClientOptions
        {
            ShutdownTimeout = what == "disposes" ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(200),
            AddressResolver = async _ =>
            {
                reached.TrySetResult();
                await (what == "disposes" ? client.DisposeAsync().AsTask() : steps.IgnoreTokenAsync());
                return [new Uri("http://127.0.0.1:1/")];
            },
        });
        Task connecting = client.ConnectAsync();
        await reached.Task.DefaultTimeout();

        await client.DisposeAsync().DefaultTimeout();

        await Should.ThrowAsync<ObjectDisposedException>(() => connecting.DefaultTimeout());
        client.State.ShouldBe(TunnelClientState.Closed);
    }

    [Fact]
    public void ShutdownTimeout_of_zero_is_refused()
    {
        var options = new TunnelClientOptions { Address = new Uri("http://127.0.0.1:1/"), ShutdownTimeout = TimeSpan.Zero };

        Should.Throw<ArgumentException>(() => new TunnelClient(options)).Message.ShouldContain("ShutdownTimeout must be more than zero");
        new TunnelClientOptions().ShutdownTimeout.ShouldBe(TimeSpan.FromSeconds(5));
    }

    private static async Task ShouldEndAsync(Task call)
    {
        await call.DefaultTimeout().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (call.IsCompleted, call.Exception?.InnerException is TimeoutException).ShouldBe((true, false));
    }

    /// <summary>Disposes the client in a handler of StateChanged, which blocks, when the session of the client ends.</summary>
    private static async Task DisposeFromStateChangedAsync(TunnelClient client, JobApp app, Func<Task> dispose)
    {
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += (_, change) =>
        {
            if (change.State != TunnelClientState.Closed)
            {
                dispose().Wait(TestTimeout.Default);
                handled.TrySetResult();
            }
        };
        foreach (TunnelRpc.Hosting.ServerSession session in app.Server.Sessions)
        {
            session.Peer.Session.End(new TunnelException(TunnelStatus.Unavailable, "The test ends the session."));
        }

        await handled.Task;
    }

    private static async Task CancelAsync(IJob job, Steps steps)
    {
        using var cancellation = new CancellationTokenSource();
        Task call = job.CallBackAsync(Disposes, cancellation.Token);
        await steps.Reached(Disposes);
        await cancellation.CancelAsync();
        await call;
    }

    private static async Task DrainAsync(IAsyncEnumerable<int> items)
    {
        await foreach (int _ in items)
        {
        }
    }

    /// <summary>A singleton of the application that disposes the client when the provider disposes it.</summary>
    private sealed class Owner : IAsyncDisposable
    {
        public Func<ValueTask>? Dispose { get; set; }

        public ValueTask DisposeAsync() => Dispose?.Invoke() ?? default;
    }

    /// <summary>A callback with a scope of its own, the disposal of which disposes the client.</summary>
    private sealed class ScopedStep(Steps steps) : IStep, IAsyncDisposable
    {
        // One test at a time runs in this class.
        public static Func<Task>? Disposing { get; set; }

        public Task RunAsync(string step, CancellationToken cancellationToken) => ((IStep)steps).RunAsync(step, cancellationToken);

        public ValueTask NoteAsync(string step, CancellationToken cancellationToken) => ((IStep)steps).NoteAsync(step, cancellationToken);

        public IAsyncEnumerable<int> StreamAsync(string step, CancellationToken cancellationToken) =>
            ((IStep)steps).StreamAsync(step, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (Disposing is { } dispose)
            {
                Disposing = null;
                await dispose();
            }
        }
    }
}
