namespace TunnelRpc.Calls;

// What the caller gets when a served call fails.
internal sealed partial class TunnelPeer
{
    /// <summary>The failure as it is sent to the caller. An exception whose details are not sent is logged.</summary>
    public (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) DescribeFailure(
        TunnelMethod method, Exception error, bool isCancelled)
    {
        // The waits of a reply fail before the cancellation of its call is requested: that is no failure of the service.
        isCancelled |= Multiplexer.HasSessionEnded;
        switch (error)
        {
            case TunnelException { IsOfCall: true, Status: not TunnelStatus.Aborted } nested when !isCancelled:
                return DescribeNestedFailure(method, nested);
            case TunnelException fault:
                return (fault.Status, fault.Message, fault.Detail ?? EncodeFault(method, fault));
            case OperationCanceledException when isCancelled:
                return (TunnelStatus.Cancelled, $"{method} was cancelled.", null);
            case Serialization.MessagePackException unwritable:
                CallLog.CallFailed(_logger, error, method.FullName, Parameters.Id);
                return (TunnelStatus.Internal, $"The reply of {method} could not be encoded: {unwritable.Message}", null);
            default:
                return DescribeUnhandled(method, error);
        }
    }

    // Decision: docs/adr/0079-failures-of-nested-calls.md
    /// <summary>
    /// The service has not handled the failure of a call that it made. Its status says nothing about the call of the service, but a fault
    /// that the method declares is its own. (Aborted, for instance of a deadlock, concerns all calls of the chain.)
    /// </summary>
    private (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) DescribeNestedFailure(
        TunnelMethod method, TunnelException nested) =>
        EncodeFault(method, nested) is { } fault ? (nested.Status, nested.Message, fault) : DescribeUnhandled(method, nested);

    private (TunnelStatus Status, string Message, TunnelFaultDetail? Detail) DescribeUnhandled(TunnelMethod method, Exception error)
    {
        CallLog.CallFailed(_logger, error, method.FullName, Parameters.Id);
        string message = !Options.IncludeExceptionDetails
            ? $"{method} failed with an unhandled exception, which the peer has logged. "
                + "The peer sends the text of exceptions only if its option IncludeExceptionDetails is on."
            : error is TunnelException { Status: var status }
            ? $"{method} failed: a call that it made failed with {status}: {error.Message}"
            : $"{method} failed: {error.GetType().FullName}: {error.Message}";
        return (TunnelStatus.Internal, message, null);
    }

    /// <summary>
    /// The detail of a fault that the method declares. Null for any other failure, of which only status and message are sent.
    /// </summary>
    private TunnelFaultDetail? EncodeFault(TunnelMethod method, TunnelException error)
    {
        foreach (TunnelFault fault in method.Faults)
        {
            if (fault.TryCreateDetail(error, out TunnelFaultDetail? detail))
            {
                return detail;
            }
        }

        if (error.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TunnelFaultException<>))
        {
            CallLog.FaultNotDeclared(_logger, method.FullName, type.GenericTypeArguments[0].Name, Parameters.Id);
        }

        return null;
    }
}
