using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Calls of the peer that are refused before they start.
internal sealed partial class TunnelPeer
{
    private const string VersionAdvice = "Check that both sides have the same version of the contract.";

    /// <summary>
    /// The text of the refusal of a call whose arguments cannot be decoded. The codec's errors describe the bytes of the peer. The text of
    /// any other exception, also of one that a constructor or a setter threw, belongs to the application, and is treated as that of an
    /// unhandled exception.
    /// </summary>
    public string DescribeUndecodable(TunnelMethod method, Exception error)
    {
        string part = $"The arguments of {method}";
        string? codecText = (error as MessagePackException)?.Message;
        if (error is MessagePackException { IsOfApplication: false })
        {
            return DescribeUndecodable(part, codecText!);
        }

        if (Options.IncludeExceptionDetails)
        {
            return DescribeUndecodable(part, codecText is null ? error.Message : $"{codecText} {error.InnerException?.Message}");
        }

        CallLog.ArgumentsUndecodable(_logger, error, method.FullName, Parameters.Id);
        string reason = codecText is null ? "a constructor or a setter of their types threw an exception." : ForeignText.Escape(codecText);
        return $"{part} could not be decoded: {reason} The peer has logged the exception. It sends the text of exceptions only if its "
            + "option IncludeExceptionDetails is on.";
    }

    private static string DescribeUndecodable(string part, string reason) =>
        $"{part} could not be decoded: {ForeignText.Escape(reason)} {VersionAdvice}";

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
