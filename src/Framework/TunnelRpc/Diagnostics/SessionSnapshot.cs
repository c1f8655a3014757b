using System.Text;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;

namespace TunnelRpc.Diagnostics;

/// <summary>
/// The state of one side of a session at one moment, for diagnosis. Taken without stopping the session, so values that are read one after
/// the other need not belong together.
/// </summary>
internal sealed record SessionSnapshot
{
    /// <summary>The session id; the same on both sides.</summary>
    public required string Id { get; init; }

    /// <summary>Whether this is the side of the client.</summary>
    public required bool IsClient { get; init; }

    /// <summary>The state in words: connected, disconnected with the reason, draining, closing, ended, not started.</summary>
    public required string State { get; init; }

    /// <summary>The transport of the current path, or of the last one.</summary>
    public required string Transport { get; init; }

    /// <summary>The epoch of that path.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Whether the path has sent a ping and received nothing since.</summary>
    public required bool IsAwaitingPong { get; init; }

    /// <summary>Bytes appended and not passed to the path yet.</summary>
    public required long UnsentBytes { get; init; }

    /// <summary>Bytes appended and not acknowledged by the peer yet.</summary>
    public required long UnacknowledgedBytes { get; init; }

    /// <summary>The accounted bytes of the session, and those of them that count as call bytes.</summary>
    public required (long Total, long Calls) AccountedBytes { get; init; }

    /// <summary>The permits that calls of this side hold, and their limit.</summary>
    public required (int Held, int Limit) OutgoingPermits { get; init; }

    /// <summary>The permits that calls of the peer hold, and their limit.</summary>
    public required (int Held, int Limit) IncomingPermits { get; init; }

    /// <summary>The number of calls of this side that wait for a permit.</summary>
    public required int WaitingForPermit { get; init; }

    /// <summary>The messages that wait to be scheduled.</summary>
    public required int QueuedMessages { get; init; }

    /// <summary>Whether work items are queued that have not started.</summary>
    public required bool HasWorkItems { get; init; }

    /// <summary>The open calls of this side.</summary>
    public required IReadOnlyList<CallSnapshot> OutgoingCalls { get; init; }

    /// <summary>
    /// The calls of this side that wait to be opened: for a permit, to be scheduled, or for ordered calls before them. Empty while tracking
    /// is off.
    /// </summary>
    public required IReadOnlyList<CallSnapshot> OpeningCalls { get; init; }

    /// <summary>The open calls of the peer.</summary>
    public required IReadOnlyList<CallSnapshot> IncomingCalls { get; init; }

    /// <summary>Takes a snapshot. It takes locks of the session, each for a moment.</summary>
    public static SessionSnapshot Of(TunnelPeer peer)
    {
        TunnelSession session = peer.Session;
        Multiplexer multiplexer = peer.Multiplexer;
        SessionParameters parameters = session.Parameters;
        var streams = multiplexer.GetOpenStreams().ToLookup(open => open.IsPeerInitiated, open => CallSnapshot.Of(open.Stream, open.Id));
        return new SessionSnapshot
        {
            Id = parameters.Id,
            IsClient = parameters.IsClient,
            State = DescribeState(peer),
            Transport = parameters.Connection.Transport,
            Epoch = parameters.Epoch,
            IsAwaitingPong = session.Paths.Current.IsAwaitingPong,
            UnsentBytes = session.Writer.UnsentBytes,
            UnacknowledgedBytes = session.Writer.UnacknowledgedBytes,
            AccountedBytes = (session.Memory.AccountedBytes, session.Memory.AccountedCallBytes),
            OutgoingPermits = (multiplexer.OutgoingCallCount, parameters.PeerLimits.MaxConcurrentCalls),
            IncomingPermits = (multiplexer.IncomingCalls.Count, peer.Options.Limits.MaxConcurrentCalls),
            WaitingForPermit = multiplexer.WaitingCallCount,
            QueuedMessages = multiplexer.QueuedMessageCount,
            HasWorkItems = session.WorkQueue.HasWorkItems,
            OutgoingCalls = [.. streams[false]],
            OpeningCalls = [.. (multiplexer.OpeningCalls?.GetAll() ?? []).Select(call => CallSnapshot.Of(call.Item, 0, call.Age))],
            IncomingCalls = [.. streams[true]],
        };
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine($"{(IsClient ? "client" : "server")} side of session {Id}: {State}")
            .AppendLine($"  path: epoch {Epoch} over {Transport}{(IsAwaitingPong ? ", waits for a PONG" : "")}; "
                + $"{UnsentBytes} bytes unsent, {UnacknowledgedBytes} bytes unacknowledged")
            .AppendLine($"  memory: {AccountedBytes.Total} bytes accounted, {AccountedBytes.Calls} of them for calls")
            .AppendLine($"  permits: outgoing {OutgoingPermits.Held} of {OutgoingPermits.Limit} held, "
                + $"{WaitingForPermit} calls wait for one; incoming {IncomingPermits.Held} of {IncomingPermits.Limit} held")
            .Append($"  {QueuedMessages} messages wait to be scheduled, work items queued: {(HasWorkItems ? "yes" : "no")}");
        AppendCalls(text, "outgoing call", OutgoingCalls);
        AppendCalls(text, "outgoing call that waits to be opened", OpeningCalls);
        AppendCalls(text, "incoming call", IncomingCalls);
        return text.ToString();
    }

    private static string DescribeState(TunnelPeer peer)
    {
        TunnelSession session = peer.Session;
        string state = session.IsEnded ? "ended"
            : session.IsEnding ? "closing"
            : session.Paths.DisconnectReason is { } reason ? $"disconnected: {reason}"
            : session.IsStarted ? "connected" : "not started";
        return peer.IsDraining ? $"{state}, draining" : state;
    }

    /// <summary>Appends the oldest calls; the number of the others says whether there are more.</summary>
    private static void AppendCalls(StringBuilder text, string kind, IReadOnlyList<CallSnapshot> calls)
    {
        const int MaxCalls = 20;
        foreach (CallSnapshot call in calls.OrderByDescending(call => call.Age).Take(MaxCalls))
        {
            text.AppendLine().Append($"  {kind}: {call}");
        }

        if (calls.Count > MaxCalls)
        {
            text.AppendLine().Append($"  and {calls.Count - MaxCalls} more: {kind}");
        }
    }
}
