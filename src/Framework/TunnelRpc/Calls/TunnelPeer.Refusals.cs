using TunnelRpc.Multiplexing;

namespace TunnelRpc.Calls;

// Calls of the peer that are refused before they start.
internal sealed partial class TunnelPeer
{
    private const string VersionAdvice = "Check that both sides have the same version of the contract.";

    /// <summary>
    /// The text of the refusal of a call whose arguments cannot be decoded. The codec's errors describe the bytes of the peer. The text of
    /// any other exception belongs to the application, and is treated as that of an unhandled exception.
    /// </summary>
    public string DescribeUndecodable(TunnelMethod method, Exception error)
    {
        if (error is Serialization.MessagePackException || Options.IncludeExceptionDetails)
        {
            return DescribeUndecodable($"The arguments of {method}", error);
        }

        CallLog.ArgumentsUndecodable(_logger, error, method.FullName, Parameters.Id);
        return $"The arguments of {method} could not be decoded: a constructor or a setter of their types threw an exception, which "
            + "the peer has logged. The peer sends the text of exceptions only if its option IncludeExceptionDetails is on.";
    }

    private static string DescribeUndecodable(string part, Exception error) =>
        $"{part} could not be decoded: {ForeignText.Escape(error.Message)} {VersionAdvice}";

    /// <summary>The text of the refusal of a call of an unknown method. It lists the services only for peers that get details.</summary>
    private string DescribeUnknownMethod(uint id)
    {
        string services = !Options.IncludeExceptionDetails ? ""
            : _dispatchTable.Services.Count == 0 ? " It serves nothing."
            : $" It serves {string.Join(", ", _dispatchTable.Services)}.";
        return Parameters.IsClient
            ? $"The client serves no method with the id 0x{id:X8}.{services} Register the callback there with AddCallback. {VersionAdvice}"
            : $"The server serves no method with the id 0x{id:X8}.{services} Register the service there with AddService, and check that "
                + $"the path serves it. {VersionAdvice}";
    }

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
