using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>A server with two members, of which one reads always, and the other one until the test stops it.</summary>
internal sealed class BroadcastPair : IAsyncDisposable
{
    private BroadcastPair(BroadcastApp app, BroadcastMember fast, BroadcastMember slow)
    {
        App = app;
        Fast = fast;
        Slow = slow;
    }

    /// <summary>An argument that fills the buffers of a member that does not read.</summary>
    public static byte[] Padding { get; } = new byte[8_000];

    public BroadcastApp App { get; }

    public BroadcastMember Fast { get; }

    public BroadcastMember Slow { get; }

    public static async Task<BroadcastPair> StartAsync(Action<TunnelServerOptions>? configure = null)
    {
        BroadcastApp app = await BroadcastApp.StartAsync(configure);
        return new BroadcastPair(app, await app.ConnectAsync("fast"), await app.ConnectAsync("slow"));
    }

    public void Deconstruct(out BroadcastApp app, out BroadcastMember fast, out BroadcastMember slow) =>
        (app, fast, slow) = (App, Fast, Slow);

    /// <summary>Stops the slow member from reading, and broadcasts to both until a call waits for it.</summary>
    /// <returns>The task of the call that waits, and its number; the first is 1.</returns>
    public async Task<(Task Waiting, int Sent)> FillAsync()
    {
        Slow.Transport.Pause();
        Hosting.ServerSession session = App.Server.FindSession(Slow.SessionId)!;
        for (int number = 1; number < 2000; number++)
        {
            Task sending = App.Members.All.TickAsync(number, Padding).AsTask();
            await Fast.Ticker.UntilAsync(() => Fast.Ticker.Ticks.Count == number);
            if (!session.Session.HasUnacknowledgedCapacity && !sending.IsCompleted)
            {
                return (sending, number);
            }

            await sending.DefaultTimeout();
        }

        throw new InvalidOperationException("The slow member has taken every call.");
    }

    public async ValueTask DisposeAsync()
    {
        await Slow.DisposeAsync();
        await Fast.DisposeAsync();
        await App.DisposeAsync();
    }
}
