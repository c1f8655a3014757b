using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>What the calls of this side are told when they fail without an answer that says why. Each is told by an exception of its own.</summary>
internal static class CallFailure
{
    /// <summary>The session's end, as a call sees it that was open then.</summary>
    public static TunnelException ForSessionEnd(TunnelStream stream, in SessionEnd end)
    {
        if (stream.CallEndOffset is 0 || stream.CallEndOffset > end.SentOffset)
        {
            return ForUnsentCall(end.Error);
        }

        return stream.Id > end.LastAcceptedStream
            ? WithOutcome(end.Error, "The peer had not accepted the call: it has not run.", TunnelCallOutcome.NotSent)
            : WithOutcome(end.Error, "The call may have run.", TunnelCallOutcome.Unknown);
    }

    /// <summary>A call that was never sent, or not wholly.</summary>
    public static TunnelException ForUnsentCall(TunnelException cause) => WithOutcome(cause, "The call was not sent.", TunnelCallOutcome.NotSent);

    /// <summary>The peer has answered what cannot be used.</summary>
    public static TunnelException ForUnusableReply(TunnelException cause) => new(cause.Status, cause.Message, cause) { Outcome = TunnelCallOutcome.Completed };

    private static TunnelException WithOutcome(TunnelException cause, string consequence, TunnelCallOutcome outcome) =>
        new(cause.Status, $"{cause.Message} {consequence}", cause) { Outcome = outcome };
}
