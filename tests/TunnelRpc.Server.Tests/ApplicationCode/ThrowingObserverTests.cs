using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Server.Tests.Authorization;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.ApplicationCode;

/// <summary>Observers of sessions that throw, in each event and in their constructors.</summary>
public sealed class ThrowingObserverTests
{
    [Fact]
    public async Task Observer_that_throws_in_every_event_is_logged_once_for_each_and_ends_nothing()
    {
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault>(new OpenVault()).AddSessionObserver<ThrowingObserver>());
        TunnelClient first = await app.ConnectAsync("ann");
        await using TunnelClient second = await app.ConnectAsync("bob");
        await first.DisposeAsync();

        // Two sessions have started, and one has gone.
        await WaitForErrorsAsync(app, 3);

        (await second.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        app.Server.SessionIds.ShouldBe([second.SessionId!]);
        string[] errors = Errors(app);
        errors.Length.ShouldBe(3);
        errors.Count(l => l.Contains("The screen is off: connected.")).ShouldBe(2);
        errors.Count(l => l.Contains("The screen is off: gone.")).ShouldBe(1);
    }

    [Fact]
    public async Task Observer_whose_constructor_throws_is_logged_once_and_sessions_start()
    {
        await using ServerApp app = await ServerApp.StartAsync(
            server => server.AddService<IVault>(new OpenVault()),
            more: services => services.AddSingleton<ITunnelSessionObserver>(
                _ => throw new InvalidOperationException("The screen has no driver.")));
        await using TunnelClient first = await app.ConnectAsync("ann");
        await using TunnelClient second = await app.ConnectAsync("bob");
        await WaitForErrorsAsync(app, 1);

        (await first.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        (await second.Get<IVault>().LookAsync().DefaultTimeout()).ShouldBe("look");
        Errors(app).ShouldHaveSingleItem().ShouldContain("The screen has no driver.");
    }

    private static string[] Errors(ServerApp app) => [.. app.Log.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal))];

    private static async Task WaitForErrorsAsync(ServerApp app, int count)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (Errors(app).Length < count)
        {
            await Task.Delay(1, guard.Token);
        }
    }

    /// <summary>Throws before it returns a task.</summary>
    private sealed class ThrowingObserver : ITunnelSessionObserver
    {
        public ValueTask OnConnectedAsync(TunnelSessionInfo session, CancellationToken cancellationToken) => throw Create("connected");

        public ValueTask OnResumedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) =>
            throw Create("resumed");

        public ValueTask OnMovedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) =>
            throw Create("moved");

        public ValueTask OnGoneAsync(TunnelSessionInfo session, TunnelSessionEnd end, CancellationToken cancellationToken) =>
            throw Create("gone");

        private static InvalidOperationException Create(string what) => new($"The screen is off: {what}.");
    }
}
