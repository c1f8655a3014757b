using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>The exceptions of outgoing calls that fail without a reply. Each call gets its own instance.</summary>
internal static class CallFailure
{
    /// <summary>The failure of a call that was open when the session ended. The outcome says whether the call may have run.</summary>
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

    /// <summary>The failure of a call that was not sent, or not as a whole.</summary>
    public static TunnelException ForUnsentCall(TunnelException cause) =>
        WithOutcome(cause, "The call was not sent.", TunnelCallOutcome.NotSent);

    /// <summary>The failure of a call whose reply or items this side cannot use. The outcome is Completed.</summary>
    public static TunnelException ForUnusableReply(TunnelException cause) =>
        new(cause.Status, cause.Message, cause) { Outcome = TunnelCallOutcome.Completed, IsOfCall = true };

    /// <summary>The refusal of a call by a peer that does not know its method. The peer has the id only.</summary>
    public static TunnelException ForUnknownMethod(TunnelMethod method, TunnelException refusal) =>
        new(refusal.Status, $"The peer does not serve {method}. {refusal.Message}", refusal)
        {
            Outcome = TunnelCallOutcome.NotSent,
            IsOfCall = true,
        };

    private static TunnelException WithOutcome(TunnelException cause, string consequence, TunnelCallOutcome outcome) =>
        new(cause.Status, $"{cause.Message} {consequence}", cause) { Outcome = outcome, IsOfCall = true };
}
