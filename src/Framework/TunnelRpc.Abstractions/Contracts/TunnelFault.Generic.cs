using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>A typed fault that a method declares. Immutable. Created by generated code.</summary>
/// <typeparam name="TFault">The type of the fault's value.</typeparam>
/// <param name="name">The fault's name on the wire.</param>
/// <param name="formatter">Reads and writes the fault's value.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TunnelFault<TFault>(string name, ITunnelFormatter<TFault> formatter) : TunnelFault(name)
{
    /// <summary>Reads and writes the fault's value.</summary>
    public ITunnelFormatter<TFault> Formatter { get; } = formatter;

    internal override bool TryCreateDetail(TunnelException error, [NotNullWhen(true)] out TunnelFaultDetail? detail)
    {
        detail = error is TunnelFaultException<TFault> fault ? TunnelFaultDetail.Create(Name, fault.Fault, Formatter) : null;
        return detail is not null;
    }

    internal override TunnelException CreateException(TunnelException error, TunnelFaultDetail detail) =>
        new TunnelFaultException<TFault>(detail.Read(Formatter), error.Status, error.Message)
        {
            Detail = detail,
            Outcome = error.Outcome,
            IsOfCall = error.IsOfCall,
        };
}
