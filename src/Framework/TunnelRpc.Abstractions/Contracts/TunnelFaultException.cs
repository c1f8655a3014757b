namespace TunnelRpc;

/// <summary>
/// A failure with a typed fault that the contract declares with <see cref="TunnelFaultAttribute"/>. The implementation throws it, and
/// the caller catches it.
/// </summary>
/// <typeparam name="TFault">The type of the fault's value.</typeparam>
public sealed class TunnelFaultException<TFault> : TunnelException
{
    /// <summary>Creates a failure with <see cref="TunnelStatus.FailedPrecondition"/> and a default message.</summary>
    /// <param name="fault">The fault's value; not null.</param>
    public TunnelFaultException(TFault fault)
        : this(fault, TunnelStatus.FailedPrecondition, $"The call failed with {typeof(TFault).Name}.")
    {
    }

    /// <summary>Creates a failure with a status and a message.</summary>
    /// <param name="fault">The fault's value; not null.</param>
    /// <param name="status">Any status except <see cref="TunnelStatus.Ok"/>.</param>
    /// <param name="message">The message. It is sent to the caller with the fault.</param>
    public TunnelFaultException(TFault fault, TunnelStatus status, string message)
        : base(status, message)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Fault = fault;
    }

    /// <summary>The fault's value.</summary>
    public TFault Fault { get; }
}
