using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using TunnelRpc.Calls.Tests.Filters;
using TunnelRpc.Client;
using TunnelRpc.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>Servers and hosts that are stopped from any place, beside calls that end, that ignore their token, or that wait.</summary>
public sealed class ServerDisposalTests
{
    private const string Stops = "stops";
    private const string Beside = "beside";

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (string what in new[] { "server", "host", "application" })
        {
            foreach (string place in new[] { "outside", "service", "streaming service", "blocking service", "nested service", "filter" })
            {
                foreach (string beside in new[] { "nothing", "ends", "ignores its token", "waits for the client" })
                {
                    cases.Add(what, place, beside);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Server_stopped_anywhere_beside_any_call_stops_within_its_timeout(string what, string place, string beside)
    {
        using var steps = new Steps();
        JobApp app = null!;
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task StopAsync()
        {
            try
            {
                await (what switch
                {
                    "server" => app.Server.StopAsync(),
                    "host" => app.App.StopAsync(),
                    _ => app.App.DisposeAsync().AsTask(),
                });
                stopped.TrySetResult();
            }
            catch (Exception error)
            {
                stopped.TrySetException(error);
            }
        }

        Task BlockAsync(CancellationToken cancellationToken)
        {
            StopAsync().Wait(TestTimeout.Default, CancellationToken.None);
            return Task.CompletedTask;
        }

        app = await JobApp.StartAsync(
            s => s.AddService<IJob>(steps).AddFilter(new DelegateFilter(async (context, next) =>
            {
                await next(context);
                if (place == "filter" && steps.Reached(Stops).IsCompleted)
                {
                    await StopAsync();
                }
            })),
            o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(beside == "nothing" && place != "nested service" ? 20_000 : 400),
            s => s.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMinutes(10)));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o =>
        {
            o.Serve<IStep>(steps);
            o.ConnectTimeout = TimeSpan.Zero;
            o.RetryInterruptedCalls = false;
        });
        IJob job = client.Get<IJob>();
        steps[Beside] = beside switch
        {
            "ends" => cancelled => Task.Delay(Timeout.Infinite, cancelled),
            "ignores its token" => _ => steps.IgnoreTokenAsync(),
            _ => _ => app.Clients.Session(client.SessionId!).RunAsync("never", CancellationToken.None),
        };
        steps["never"] = cancelled => Task.Delay(Timeout.Infinite, cancelled);
        steps[Stops] = place switch
        {
            "blocking service" => BlockAsync,
            "nested service" => _ => app.Clients.Session(client.SessionId!).RunAsync("between", CancellationToken.None),
            "filter" => _ => Task.CompletedTask,
            _ => _ => StopAsync(),
        };
        steps["between"] = _ => job.RunAsync("inner", CancellationToken.None);
        steps["inner"] = _ => StopAsync();
        Task other = beside == "nothing" ? Task.CompletedTask : job.RunAsync(Beside);
        await (beside == "nothing" ? Task.CompletedTask : steps.Reached(Beside)).DefaultTimeout();

        Task trigger = place switch
        {
            "outside" => StopAsync(),
            "streaming service" => DrainAsync(job.StreamAsync(Stops)),
            _ => job.RunAsync(Stops),
        };

        await stopped.Task.DefaultTimeout();
        await ShouldEndAsync(trigger);
        await ShouldEndAsync(other);
        app.Server.StopAsync().ShouldBeSameAs(app.Server.StopAsync());
        steps.Dispose();
        await app.DisposeAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Service_that_starts_the_stop_without_awaiting_it_still_replies()
    {
        using var steps = new Steps();
        await using JobApp app = await JobApp.StartAsync(s => s.AddService<IJob>(steps));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o => o.Serve<IStep>(steps));
        Task stopping = null!;
        steps[Stops] = _ =>
        {
            stopping = app.Server.StopAsync();
            return Task.CompletedTask;
        };

        await client.Get<IJob>().RunAsync(Stops).DefaultTimeout();

        await stopping.DefaultTimeout();
    }

    [Theory]
    [InlineData("server", "ends")]
    [InlineData("server", "ignores its token")]
    [InlineData("client", "ends")]
    [InlineData("client", "ignores its token")]
    public async Task Session_closed_inside_a_call_closes_within_the_timeout(string side, string beside)
    {
        using var steps = new Steps();
        await using JobApp app =
            await JobApp.StartAsync(s => s.AddService<IJob>(steps), o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(300));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o =>
        {
            o.Serve<IStep>(steps);
            o.ShutdownTimeout = TimeSpan.FromMilliseconds(300);
        });
        ServerSession session = app.Server.Sessions.Single();
        TunnelPeer peer = side == "server" ? session.Peer : client.CurrentPeer!;
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        steps[Beside] = beside == "ends" ? cancelled => Task.Delay(Timeout.Infinite, cancelled) : _ => steps.IgnoreTokenAsync();
        steps[Stops] = async _ =>
        {
            await peer.CloseAsync(TunnelStatus.Unavailable, "enough");
            await peer.Session.CloseAsync(TunnelStatus.Unavailable, "again");
            closed.TrySetResult();
        };
        IJob job = client.Get<IJob>();
        Task other = side == "server" ? job.RunAsync(Beside) : job.CallBackAsync(Beside);
        await steps.Reached(Beside).DefaultTimeout();

        Task trigger = side == "server" ? job.RunAsync(Stops) : job.CallBackAsync(Stops);

        await closed.Task.DefaultTimeout();
        await ShouldEndAsync(trigger);
        await ShouldEndAsync(other);
        steps.Dispose();
    }

    private static async Task ShouldEndAsync(Task call)
    {
        await call.DefaultTimeout().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (call.IsCompleted, call.Exception?.InnerException is TimeoutException).ShouldBe((true, false));
    }

    private static async Task DrainAsync(IAsyncEnumerable<int> items)
    {
        await foreach (int _ in items)
        {
        }
    }
}
