namespace TunnelRpc;

/// <summary>A failure with a typed fault that the contract declares with <see cref="TunnelFaultAttribute"/>. Thrown by an implementation, caught by its caller.</summary>
/// <typeparam name="TFault">What it carries.</typeparam>
public sealed class TunnelFaultException<TFault> : TunnelException
{
    /// <summary>Fails with <see cref="TunnelStatus.FailedPrecondition"/>.</summary>
    public TunnelFaultException(TFault fault)
        : this(fault, TunnelStatus.FailedPrecondition, $"The call failed with {typeof(TFault).Name}.")
    {
    }

    /// <summary>Fails with a status and a message.</summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="status">Any status but <see cref="TunnelStatus.Ok"/>.</param>
    /// <param name="message">It travels to the caller, who sees it beside the fault.</param>
    public TunnelFaultException(TFault fault, TunnelStatus status, string message)
        : base(status, message)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Fault = fault;
    }

    /// <summary>What went wrong.</summary>
    public TFault Fault { get; }
}
