using TunnelRpc.Scheduling;

namespace TunnelRpc.Sessions;

/// <summary>How a session ends in order: CLOSE goes out behind everything else, and the peer answers with its own.</summary>
internal sealed class SessionClosing(TunnelSession session, TunnelOptions options)
{
    private LazySignal _out;

    /// <summary>Guarded by the session's gate: the last stream that the peer has accepted, as its CLOSE says.</summary>
    public ulong? AcceptedByPeerLocked { get; private set; }

    /// <summary>This side's CLOSE is with the network, or will not be any more.</summary>
    public void OnOut() => _out.Give();

    /// <summary>What was written is sent, then CLOSE; waits for the peer's own within the close timeout.</summary>
    public async Task CloseAsync(TunnelStatus status, string reason)
    {
        session.RequestClose(status, reason);
        if (session.Paths.LostFor is not null)
        {
            // There is nobody to tell.
            session.End(new TunnelException(TunnelStatus.Unavailable, $"The tunnel was closed while it had no path to the peer: {reason}"));
        }

        try
        {
            await session.Completion.WaitAsync(options.CloseTimeout, options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            session.End(new TunnelException(TunnelStatus.Unavailable, $"The peer did not answer CLOSE within {options.CloseTimeout}."));
            await session.Completion.ConfigureAwait(false);
        }
    }

    /// <summary>The peer has sent CLOSE.</summary>
    public void OnClose(CloseMessage close)
    {
        lock (session.Gate)
        {
            AcceptedByPeerLocked = close.LastAcceptedStream;
        }

        session.RequestClose(TunnelStatus.Ok, "Answering CLOSE.");
    }

    /// <summary>After the peer's CLOSE: ends the session when this side's own is out.</summary>
    public async Task FinishAsync(CloseMessage close, CancellationToken pathLeft)
    {
        await WaitUntilOutAsync(pathLeft).ConfigureAwait(false);
        string why = close.Reason.Length == 0 ? "no reason given" : close.Reason;
        TunnelStatus status = close.Status == TunnelStatus.Ok ? TunnelStatus.Unavailable : close.Status;
        session.End(new TunnelException(status, $"The peer closed the tunnel: {why}"));
    }

    /// <summary>After something illegal: tells the peer, then ends the session.</summary>
    public async Task FinishBrokenAsync(TunnelProtocolException broken, CancellationToken pathLeft)
    {
        session.RequestClose(TunnelStatus.Internal, broken.Message);
        await WaitUntilOutAsync(pathLeft).ConfigureAwait(false);
        session.End(broken);
    }

    private async Task WaitUntilOutAsync(CancellationToken pathLeft)
    {
        try
        {
            await _out.Task.WaitAsync(options.CloseTimeout, options.TimeProvider, pathLeft).ConfigureAwait(false);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            // The peer does not read, or not here any more; it has its reason to end, and so have we.
        }
    }
}
