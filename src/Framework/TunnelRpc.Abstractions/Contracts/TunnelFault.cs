using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>A typed fault that a method declares. Immutable. Created by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class TunnelFault
{
    private protected TunnelFault(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The fault's name on the wire.</summary>
    public string Name { get; }

    /// <summary>
    /// Encodes the fault that <paramref name="error"/> carries. Returns false if the exception carries no fault of this type.
    /// </summary>
    internal abstract bool TryCreateDetail(TunnelException error, [NotNullWhen(true)] out TunnelFaultDetail? detail);

    /// <summary>Decodes the fault and creates the exception that is thrown to the caller.</summary>
    /// <exception cref="Serialization.MessagePackException">The detail's value is not a value of this fault's type.</exception>
    internal abstract TunnelException CreateException(TunnelException error, TunnelFaultDetail detail);
}
