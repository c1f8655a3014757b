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

    // Set once, by the first close of this side that precedes the peer's CLOSE; read by any thread.
    private OwnClose? _ownClose;

    /// <summary>The highest stream id of this side that the peer has accepted, as its CLOSE states; null before that is received.</summary>
    public ulong? LastAcceptedStream => Volatile.Read(ref _peerClose)?.LastAcceptedStream;

    /// <summary>
    /// Why the session ends, for the calls of this side, once this side has closed it; null while it has not, or if the peer closed it
    /// before.
    /// </summary>
    /// <param name="circumstance">How the session ended after the close; a sentence, or null for an orderly end.</param>
    public TunnelException? CreateOwnCloseError(string? circumstance = null) =>
        Volatile.Read(ref _ownClose) is { } close
            ? new TunnelException(
                TunnelStatus.Unavailable, Join($"This side closed the tunnel: {close.Reason}", circumstance, close.Advice))
            : null;

    /// <summary>Who closes the session, as a clause for texts.</summary>
    public string DescribeCloser() =>
        Volatile.Read(ref _ownClose) is { } own ? $"This side closed the tunnel: {own.Reason}"
        : Volatile.Read(ref _peerClose) is { } peer ? $"The peer closed the tunnel: {ReasonOf(peer)}"
        : "The session is ending.";

    /// <summary>Describes an orderly end; null if neither side has closed the session.</summary>
    public TunnelSessionEnd? DescribeEnd() =>
        Volatile.Read(ref _ownClose) is { } own ? new(TunnelSessionEndCause.ClosedByServer, own.Status, own.Reason)
        : Volatile.Read(ref _peerClose) is { } peer ? new(TunnelSessionEndCause.ClosedByClient, peer.Status, ReasonOf(peer))
        : null;

    /// <summary>This side's CLOSE is sent, or will not be sent any more.</summary>
    public void OnCloseSent() => _closeSent.Set();

    /// <summary>
    /// Closes the session: sends everything that was written, then CLOSE, and waits for the peer's CLOSE for up to
    /// <see cref="TunnelOptions.CloseTimeout"/>. Completes when the session has ended and its resources are released. A session without a
    /// path ends at once.
    /// </summary>
    /// <param name="status">The status, for the peer.</param>
    /// <param name="reason">The reason, for the peer and for the calls of this side. Only the first close counts.</param>
    /// <param name="advice">What this side can do about calls that fail; a sentence, or null.</param>
    public async Task CloseAsync(TunnelStatus status, string reason, string? advice = null)
    {
        if (!session.IsEnding)
        {
            Interlocked.CompareExchange(ref _ownClose, new OwnClose(status, reason, advice), null);
        }

        session.RequestClose(status, reason);
        if (session.Paths.DisconnectedDuration is not null)
        {
            End("The session had no path, so the peer was not notified.");
        }

        try
        {
            await session.Completion.WaitAsync(options.CloseTimeout, options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            End($"The peer did not answer CLOSE within {options.CloseTimeout} (CloseTimeout).");
            await session.Completion.ConfigureAwait(false);
        }

        void End(string circumstance) => session.End(
            CreateOwnCloseError(circumstance) ?? new TunnelException(TunnelStatus.Unavailable, Join(DescribeCloser(), circumstance, null)));
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
        TunnelStatus status = close.Status == TunnelStatus.Ok ? TunnelStatus.Unavailable : close.Status;

        // If this side closed first, the peer's CLOSE is only the answer.
        session.End(CreateOwnCloseError() ?? new TunnelException(status, $"The peer closed the tunnel: {ReasonOf(close)}"));
    }

    /// <summary>Ends the session after a violation of the protocol; the peer gets the reason in CLOSE.</summary>
    public async Task EndAfterProtocolErrorAsync(TunnelProtocolException error, CancellationToken pathStopped)
    {
        session.RequestClose(TunnelStatus.Internal, error.Message);
        await WaitForCloseSentAsync(pathStopped).ConfigureAwait(false);
        session.End(CreateOwnCloseError($"The peer then violated the protocol: {error.Message}")
            ?? new TunnelProtocolException($"The peer violated the protocol, so this side closed the tunnel: {error.Message}"));
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

    private static string ReasonOf(CloseMessage close) => close.Reason.Length == 0 ? "no reason given" : close.Reason;

    /// <summary>Joins sentences. The first one, which ends with text of the application, gets a full stop if another one follows.</summary>
    private static string Join(string first, string? second, string? third)
    {
        string[] rest = [.. new[] { second, third }.OfType<string>()];
        return rest.Length == 0 ? first : $"{first}{(first is [.., '.' or '!' or '?'] ? "" : ".")} {string.Join(' ', rest)}";
    }

    private sealed record OwnClose(TunnelStatus Status, string Reason, string? Advice);
}
