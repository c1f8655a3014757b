using TunnelRpc.Scheduling;

namespace TunnelRpc.Sessions;

/// <summary>
/// The orderly end of a session: CLOSE is sent after everything else, and the peer answers with its own CLOSE. Thread-safe.
/// </summary>
internal sealed class ClosingHandshake(TunnelSession session, TunnelOptions options)
{
    private LazySignal _closeSent;

    // Written by the reader, read by any thread.
    private CloseMessage? _peerClose;

    /// <summary>The highest stream id of this side that the peer has accepted, as its CLOSE states; null before that is received.</summary>
    public ulong? LastAcceptedStream => Volatile.Read(ref _peerClose)?.LastAcceptedStream;

    /// <summary>This side's CLOSE is sent, or will not be sent any more.</summary>
    public void OnCloseSent() => _closeSent.Set();

    /// <summary>
    /// Closes the session: sends everything that was written, then CLOSE, and waits for the peer's CLOSE for up to
    /// <see cref="TunnelOptions.CloseTimeout"/>. Completes when the session has ended and its resources are released. A session without a
    /// path ends at once.
    /// </summary>
    public async Task CloseAsync(TunnelStatus status, string reason)
    {
        session.RequestClose(status, reason);
        if (session.Paths.DisconnectedDuration is not null)
        {
            // The peer cannot be notified.
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

    /// <summary>The peer has sent CLOSE; called by the reader.</summary>
    public void OnPeerClose(CloseMessage close)
    {
        Volatile.Write(ref _peerClose, close);
        session.RequestClose(TunnelStatus.Ok, "Answering CLOSE.");
    }

    /// <summary>Ends the session after the peer's CLOSE, as soon as this side's CLOSE is sent.</summary>
    public async Task EndAfterPeerCloseAsync(CloseMessage close, CancellationToken pathStopped)
    {
        await WaitForCloseSentAsync(pathStopped).ConfigureAwait(false);
        string reason = close.Reason.Length == 0 ? "no reason given" : close.Reason;
        TunnelStatus status = close.Status == TunnelStatus.Ok ? TunnelStatus.Unavailable : close.Status;
        session.End(new TunnelException(status, $"The peer closed the tunnel: {reason}"));
    }

    /// <summary>Ends the session after a violation of the protocol; the peer gets the reason in CLOSE.</summary>
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
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // The peer does not read from this path. The session ends without its answer.
        }
    }
}
