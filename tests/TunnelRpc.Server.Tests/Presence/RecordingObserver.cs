using System.Threading.Channels;

namespace TunnelRpc.Server.Tests.Presence;

/// <summary>Records the events of sessions.</summary>
internal sealed class RecordingObserver(ITunnelClients<Broadcasts.ITicker> clients) : ITunnelSessionObserver
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

    /// <summary>What the observer does at the start of each event.</summary>
    public Func<string, Task>? Before { get; set; }

    public List<TunnelSessionEnd> Ends { get; } = [];

    public async Task<string> NextAsync()
    {
        using var guard = new CancellationTokenSource(TunnelRpc.Tests.Peers.TestTimeout.Default);
        return await _events.Reader.ReadAsync(guard.Token);
    }

    public bool IsEmpty => !_events.Reader.TryPeek(out _);

    public ValueTask OnConnectedAsync(TunnelSessionInfo session, CancellationToken cancellationToken) =>
        AddAsync($"connected {session.Id} {clients.SessionIds.Contains(session.Id)}");

    public ValueTask OnResumedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) =>
        AddAsync($"resumed {session.Id} {path.Transport}");

    public ValueTask OnMovedAsync(TunnelSessionInfo session, TunnelSessionPath path, CancellationToken cancellationToken) =>
        AddAsync($"moved {session.Id} {path.Transport}");

    public ValueTask OnGoneAsync(TunnelSessionInfo session, TunnelSessionEnd end, CancellationToken cancellationToken)
    {
        lock (Ends)
        {
            Ends.Add(end);
        }

        return AddAsync($"gone {session.Id} {end.Cause}");
    }

    private async ValueTask AddAsync(string text)
    {
        if (Before is { } before)
        {
            await before(text);
        }

        await _events.Writer.WriteAsync(text);
    }
}
