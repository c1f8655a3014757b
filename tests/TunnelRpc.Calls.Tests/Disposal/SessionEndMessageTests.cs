using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Disposal;

/// <summary>The failures of pending calls of both sides when a client or a server ends their session.</summary>
public sealed class SessionEndMessageTests
{
    private const string Disposed = "The client was disposed.";
    private const string DisposedAdvice = "Dispose a client only after its calls have ended, or make further calls on another client.";
    private const string Stopped = "The server is shutting down.";
    private const string StoppedAdvice = "Calls that take longer to end need a longer ShutdownTimeout of the server.";

    [Theory]
    [InlineData(
        "client", $"This side closed the tunnel: {Disposed} {DisposedAdvice}", $"The peer closed the tunnel: {Disposed}")]
    [InlineData(
        "server", $"The peer closed the tunnel: {Stopped}", $"This side closed the tunnel: {Stopped} {StoppedAdvice}")]
    [InlineData(
        "session", "The peer closed the tunnel: The application has had enough.",
        "This side closed the tunnel: The application has had enough.")]
    public async Task Pending_calls_of_both_sides_are_told_who_ended_the_session(string who, string atClient, string atServer)
    {
        using var steps = new Steps();
        await using JobApp app =
            await JobApp.StartAsync(s => s.AddService<IJob>(steps), o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(300));
        await using TunnelClient client = await TunnelClient.ConnectAsync(app.Address, o =>
        {
            o.Serve<IStep>(steps);
            o.RetryInterruptedCalls = false;
        });
        steps["at the client"] = cancelled => Task.Delay(Timeout.Infinite, cancelled);
        steps["at the server"] = cancelled => Task.Delay(Timeout.Infinite, cancelled);
        Task ofClient = client.Get<IJob>().RunAsync("at the server");
        Task ofServer = app.Clients.Session(client.SessionId!).RunAsync("at the client");
        await Task.WhenAll(steps.Reached("at the client"), steps.Reached("at the server")).DefaultTimeout();

        await (who switch
        {
            "client" => client.DisposeAsync().AsTask(),
            "server" => app.Server.StopAsync(),
            _ => app.Server.Sessions.Single().Peer.CloseAsync(TunnelStatus.Unavailable, "The application has had enough."),
        }).DefaultTimeout();

        await ShouldFailAsync(ofClient, $"{atClient} The call may have run.");
        await ShouldFailAsync(ofServer, $"{atServer} The call may have run.");
    }

    [Fact]
    public async Task Stopping_server_names_sessions_that_do_not_answer_DRAIN_and_sessions_with_calls_apart()
    {
        using var steps = new Steps();
        var time = new FakeTimeProvider();
        var log = new RecordingLoggerFactory();
        await using TunnelTestHost host = await TunnelTestHost.StartAsync(
            s =>
            {
                s.AddService<IJob>(steps);
                Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions
                    .AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(s.Services, log);
            },
            o =>
            {
                o.TimeProvider = time;
                o.ConfigureServer = server => server.ShutdownTimeout = TimeSpan.FromSeconds(5);
            });
        steps["waits"] = cancelled => Task.Delay(Timeout.Infinite, cancelled);
        Task call = host.Get<IJob>().RunAsync("waits");
        await steps.Reached("waits").DefaultTimeout();

        Task stopping = host.Server.StopAsync();
        await time.AdvanceUntilAsync(stopping);

        // If the path was lost as well, the client tries to resume the session, on the same clock.
        await Should.ThrowAsync<TunnelException>(() => time.AdvanceUntilAsync(call));
        log.Lines.ShouldContain(l => l.Contains("Calls of 1 sessions still run 00:00:05 (ShutdownTimeout)"));
        log.Lines.ShouldNotContain(l => l.Contains("Calls of 0") || l.Contains(" 0 sessions"));
    }

    private static async Task ShouldFailAsync(Task call, string text)
    {
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.DefaultTimeout());
        (error.Status, error.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.Unknown));
        error.Message.ShouldBe(text);
    }
}
