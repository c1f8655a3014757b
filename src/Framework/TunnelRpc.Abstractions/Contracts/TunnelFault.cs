using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc;

/// <summary>A typed fault that a method declares. Immutable.</summary>
public abstract class TunnelFault
{
    private protected TunnelFault(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Its name on the wire.</summary>
    public string Name { get; }

    /// <summary>Writes the fault if it is one of this type.</summary>
    internal abstract bool TryCreateDetail(TunnelException error, [NotNullWhen(true)] out TunnelFaultDetail? detail);

    /// <summary>Reads the fault.</summary>
    /// <exception cref="Serialization.MessagePackException">The detail is none of this type.</exception>
    internal abstract TunnelException CreateException(TunnelException error, TunnelFaultDetail detail);
}
