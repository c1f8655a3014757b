using TunnelRpc.Sessions;

namespace TunnelRpc.Multiplexing;

/// <summary>What the calls of this side are told when they fail without an answer that says why. Each is told by an exception of its own.</summary>
internal static class CallFailure
{
    /// <summary>The session's end, as a call sees it that was open then.</summary>
    public static TunnelException Lost(TunnelStream call, in SessionEnd end)
    {
        if (call.CallEnd is 0 || call.CallEnd > end.Sent)
        {
            return NotSent(end.Error);
        }

        return call.Id > end.LastAcceptedStream
            ? Because(end.Error, "The peer had not accepted the call: it has not run.", TunnelCallOutcome.NotSent)
            : Because(end.Error, "The call may have run.", TunnelCallOutcome.Unknown);
    }

    /// <summary>A call that was never sent, or not wholly.</summary>
    public static TunnelException NotSent(TunnelException cause) => Because(cause, "The call was not sent.", TunnelCallOutcome.NotSent);

    /// <summary>The peer has answered what cannot be used.</summary>
    public static TunnelException Answered(TunnelException cause) => new(cause.Status, cause.Message, cause) { Outcome = TunnelCallOutcome.Completed };

    private static TunnelException Because(TunnelException cause, string consequence, TunnelCallOutcome outcome) =>
        new(cause.Status, $"{cause.Message} {consequence}", cause) { Outcome = outcome };
}
