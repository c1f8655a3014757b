using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Broadcasts;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Presence;

/// <summary>Observers of sessions, with real sockets.</summary>
public sealed class SessionObserverTests
{
    [Fact]
    public async Task Observer_is_notified_of_a_session_that_connects_resumes_and_is_closed_by_the_client()
    {
        await using ServerApp app = await StartAsync();
        RecordingObserver observer = ObserverOf(app);
        (TunnelClient client, PausableTransport transport) = await ConnectAsync(app);
        string session = client.SessionId!;

        (await observer.NextAsync()).ShouldBe($"connected {session} True");
        await transport.BreakAsync();
        string resumed = await observer.NextAsync();
        await client.DisposeAsync();
        (await observer.NextAsync()).ShouldBe($"gone {session} ClosedByClient");

        // The server may accept the new path before it notices that the old one has ended.
        resumed.ShouldBeOneOf($"resumed {session} upgrade", $"moved {session} upgrade");
        observer.Ends.Single().Status.ShouldBe(TunnelStatus.Ok);
        observer.Ends.Single().Reason.ShouldNotBeEmpty();
        observer.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Observer_learns_why_a_session_was_ended_by_the_server()
    {
        await using ServerApp app = await StartAsync();
        RecordingObserver observer = ObserverOf(app);
        await using TunnelClient client = (await ConnectAsync(app, o => o.StayConnected = false)).Client;
        string session = client.SessionId!;
        (await observer.NextAsync()).ShouldStartWith("connected");

        await app.App.Services.GetRequiredService<ITunnelSessions>().EndAsync(session, "Account closed.");

        (await observer.NextAsync()).ShouldBe($"gone {session} ClosedByServer");
        observer.Ends.Single().Status.ShouldBe(TunnelStatus.Unauthenticated);
        observer.Ends.Single().Reason.ShouldBe("Account closed.");
    }

    [Fact]
    public async Task Observer_learns_that_a_path_was_lost_and_that_a_session_was_aborted()
    {
        await using ServerApp app = await StartAsync(o => o.ResumeWindow = TimeSpan.Zero);
        RecordingObserver observer = ObserverOf(app);
        (TunnelClient lost, PausableTransport transport) = await ConnectAsync(app, o => o.StayConnected = false);
        (await observer.NextAsync()).ShouldStartWith("connected");
        string session = lost.SessionId!;

        await transport.BreakAsync();
        (await observer.NextAsync()).ShouldBe($"gone {session} PathLost");

        await using TunnelClient aborted = (await ConnectAsync(app, o => o.StayConnected = false)).Client;
        (await observer.NextAsync()).ShouldStartWith("connected");
        session = aborted.SessionId!;
        app.Server.FindSession(session)!.Session.TryAbort(new TunnelException(TunnelStatus.ResourceExhausted, "Too much."));
        (await observer.NextAsync()).ShouldBe($"gone {session} Aborted");
        observer.Ends[^1].Status.ShouldBe(TunnelStatus.ResourceExhausted);
        await lost.DisposeAsync();
    }

    [Fact]
    public async Task Observer_that_blocks_or_fails_delays_neither_the_session_nor_the_events_of_others()
    {
        await using ServerApp app = await StartAsync();
        RecordingObserver observer = ObserverOf(app);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string? blocked = null;
        observer.Before = async text =>
        {
            if (Interlocked.CompareExchange(ref blocked, text, null) is null)
            {
                await release.Task;
                throw new InvalidOperationException("The observer has failed.");
            }
        };
        (TunnelClient first, PausableTransport transport) = await ConnectAsync(app);
        string session = first.SessionId!;
        await Eventually.TrueAsync(() => Volatile.Read(ref blocked) is not null);
        await using TunnelClient second = (await ConnectAsync(app)).Client;

        (await observer.NextAsync()).ShouldStartWith($"connected {second.SessionId}");
        for (int i = 0; i < 30; i++)
        {
            uint epoch = app.Server.FindSession(session)!.Session.Paths.Current.Epoch;
            await transport.BreakAsync();
            await Eventually.TrueAsync(() => app.Server.FindSession(session)!.Session.Paths.Current.Epoch > epoch);
        }

        await first.DisposeAsync();
        observer.IsEmpty.ShouldBeTrue();
        release.SetResult();
        var events = new List<string>();
        while (events.LastOrDefault()?.StartsWith("gone", StringComparison.Ordinal) is not true)
        {
            events.Add(await observer.NextAsync());
        }

        // The queue is bounded: paths are left out, the end is not.
        events.SkipLast(1).Count().ShouldBeLessThanOrEqualTo(16);
        events[^1].ShouldBe($"gone {session} ClosedByClient");
        events.SkipLast(1).ShouldAllBe(e => e.Split(' ', 2)[0] == "resumed" || e.Split(' ', 2)[0] == "moved");
        app.Log.Lines.ShouldContain(l => l.Contains("RecordingObserver failed to handle an event of session"));
    }

    [Fact]
    public async Task Server_that_stops_waits_for_the_notifications()
    {
        await using ServerApp app = await StartAsync();
        RecordingObserver observer = ObserverOf(app);
        await using TunnelClient client = (await ConnectAsync(app, o => o.StayConnected = false)).Client;
        string session = client.SessionId!;
        (await observer.NextAsync()).ShouldStartWith("connected");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        observer.Before = async _ =>
        {
            entered.SetResult();
            await release.Task;
        };

        Task stopping = app.Server.StopAsync();
        await entered.Task.DefaultTimeout();
        bool stoppedEarly = stopping.IsCompleted;
        release.SetResult();
        await stopping.DefaultTimeout();

        stoppedEarly.ShouldBeFalse();
        (await observer.NextAsync()).ShouldBe($"gone {session} ClosedByServer");
        observer.Ends.Single().Status.ShouldBe(TunnelStatus.Unavailable);
    }

    private static Task<ServerApp> StartAsync(Action<TunnelServerOptions>? options = null) =>
        ServerApp.StartAsync(builder => builder.AddSessionObserver<RecordingObserver>().AddSessionObserver<RecordingObserver>(), options);

    private static RecordingObserver ObserverOf(ServerApp app) =>
        (RecordingObserver)app.App.Services.GetServices<ITunnelSessionObserver>().Single();

    private static async Task<(TunnelClient Client, PausableTransport Transport)> ConnectAsync(
        ServerApp app, Action<TunnelClientOptions>? configure = null)
    {
        PausableTransport? transport = null;
        TunnelClient client = await app.ConnectAsync("ann", "upgrade", o =>
        {
            transport = new PausableTransport(o.Transports.Single());
            o.Transports.Clear();
            o.Transports.Add(transport);

            // Tests break many paths one after the other.
            o.ReconnectDelay = TimeSpan.FromMilliseconds(10);
            o.MaxReconnectDelay = TimeSpan.FromMilliseconds(100);
            configure?.Invoke(o);
        });
        return (client, transport!);
    }
}
