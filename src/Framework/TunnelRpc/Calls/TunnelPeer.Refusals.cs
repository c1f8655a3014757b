using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Calls of the peer that are refused before they start.
internal sealed partial class TunnelPeer
{
    private static string DescribeUndecodable(string part, Exception error) =>
        $"{part} could not be decoded: {error.Message} Check that both sides have the same version of the contract.";

    /// <summary>The text of the refusal of a call whose arguments cannot be decoded.</summary>
    public static string DescribeUndecodable(TunnelMethod method, Exception error) =>
        DescribeUndecodable($"The arguments of {method}", error);

    /// <summary>Logs that a one-way call was refused, since it has no reply.</summary>
    public void OnOneWayRefused(string reason) => CallLog.OneWayRefused(_logger, Parameters.Id, reason);

    /// <summary>
    /// Refuses a call that was not started, and releases its permit. The refusal of a one-way call is logged, since it has no reply, and
    /// the references that it passes are refused. The caller of any other call releases them itself.
    /// </summary>
    private void RefuseCall(
        ulong streamId,
        FrameFlags flags,
        TunnelStatus status,
        string reason,
        bool passesReferences,
        ref IncomingCallLimiter.Permit permit)
    {
        // Before the refusal is sent, so that the caller's next call finds a free permit.
        permit.Dispose();
        if ((flags & FrameFlags.OneWay) == 0)
        {
            Multiplexer.Refuse(streamId, status, reason);
        }
        else
        {
            if (passesReferences)
            {
                RefuseReferences(streamId);
            }

            CallLog.OneWayRefused(_logger, Parameters.Id, reason);
        }
    }
}
