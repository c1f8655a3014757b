using TunnelRpc.Scheduling;

namespace TunnelRpc.Sessions;

/// <summary>How a session ends in order: CLOSE goes out behind everything else, and the peer answers with its own.</summary>
internal sealed class ClosingHandshake(TunnelSession session, TunnelOptions options)
{
    private LazySignal _closeSent;

    /// <summary>Guarded by the session's gate: the last stream that the peer has accepted, as its CLOSE says.</summary>
    public ulong? LastAcceptedStreamLocked { get; private set; }

    /// <summary>This side's CLOSE is with the network, or will not be any more.</summary>
    public void OnCloseSent() => _closeSent.Set();

    /// <summary>What was written is sent, then CLOSE; waits for the peer's own within the close timeout.</summary>
    public async Task CloseAsync(TunnelStatus status, string reason)
    {
        session.RequestClose(status, reason);
        if (session.Paths.DisconnectedDuration is not null)
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
    public void OnPeerClose(CloseMessage close)
    {
        lock (session.Gate)
        {
            LastAcceptedStreamLocked = close.LastAcceptedStream;
        }

        session.RequestClose(TunnelStatus.Ok, "Answering CLOSE.");
    }

    /// <summary>After the peer's CLOSE: ends the session when this side's own is out.</summary>
    public async Task EndAfterPeerCloseAsync(CloseMessage close, CancellationToken pathStopped)
    {
        await WaitForCloseSentAsync(pathStopped).ConfigureAwait(false);
        string why = close.Reason.Length == 0 ? "no reason given" : close.Reason;
        TunnelStatus status = close.Status == TunnelStatus.Ok ? TunnelStatus.Unavailable : close.Status;
        session.End(new TunnelException(status, $"The peer closed the tunnel: {why}"));
    }

    /// <summary>After something illegal: tells the peer, then ends the session.</summary>
    public async Task EndAfterProtocolErrorAsync(TunnelProtocolException error, CancellationToken pathStopped)
    {
        session.RequestClose(TunnelStatus.Internal, error.Message);
        await WaitForCloseSentAsync(pathStopped).ConfigureAwait(false);
        session.End(error);
    }

    private async Task WaitForCloseSentAsync(CancellationToken pathStopped)
    {
        try
        {
            await _closeSent.Task.WaitAsync(options.CloseTimeout, options.TimeProvider, pathStopped).ConfigureAwait(false);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            // The peer does not read, or not here any more; it has its reason to end, and so have we.
        }
    }
}
