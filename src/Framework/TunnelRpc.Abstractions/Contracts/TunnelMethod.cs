using System.Text;

namespace TunnelRpc;

/// <summary>A method of a contract as it is on the wire. Immutable.</summary>
public abstract class TunnelMethod
{
    private protected TunnelMethod(string service, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Service = service;
        Name = name;
        FullName = service + "/" + name;
        Id = ComputeId(FullName);
    }

    /// <summary>The service's name on the wire.</summary>
    public string Service { get; }

    /// <summary>The method's name on the wire.</summary>
    public string Name { get; }

    /// <summary>"service/method".</summary>
    public string FullName { get; }

    /// <summary>What a CALL frame carries for the method: <see cref="ComputeId"/> of <see cref="FullName"/>.</summary>
    public uint Id { get; }

    /// <summary>How long a call may take unless its caller says otherwise; null for any time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether running it twice does what running it once does.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether its service's calls run one at a time: <see cref="TunnelDispatch.Ordered"/>.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Whether its arguments, result or elements may hold something that travels by reference.</summary>
    public bool HasReferences { get; init; }

    /// <summary>The typed faults that it declares.</summary>
    public IReadOnlyList<TunnelFault> Faults { get; init; } = [];

    /// <summary>The 32-bit FNV-1a hash of the UTF-8 bytes of "service/method".</summary>
    public static uint ComputeId(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(fullName))
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash;
    }

    /// <summary>The full name.</summary>
    public override string ToString() => FullName;
}
