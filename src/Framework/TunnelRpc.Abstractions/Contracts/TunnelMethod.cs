using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;

namespace TunnelRpc;

/// <summary>A method of a contract: its identity on the wire and its settings. Immutable.</summary>
[DebuggerDisplay("{FullName,nq} (id {Id,h})")]
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

    /// <summary>The method id that a CALL frame carries: <see cref="ComputeId"/> of <see cref="FullName"/>.</summary>
    public uint Id { get; }

    /// <summary>The default timeout of a call (<see cref="TimeoutAttribute"/>); null for no timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether the method is idempotent (<see cref="IdempotentAttribute"/>), so that a call with an unknown outcome can be retried.
    /// </summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether the service uses ordered dispatch (<see cref="TunnelDispatch.Ordered"/>).</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Whether the arguments, the result or the stream items may contain values that are passed by reference.</summary>
    public bool HasReferences { get; init; }

    /// <summary>
    /// The interface that declares the method: the contract, or a base interface of it. Set by generated code. Null if the definition was
    /// not generated.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)]
    public Type? DeclaringType { get; init; }

    /// <summary>
    /// Finds the method in the interface that declares it, the contract or a base interface of it. Set by generated code, such that
    /// trimming keeps the method. Null if the definition was not generated.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Func<MethodInfo>? FindDeclaration { get; init; }

    /// <summary>The typed faults that the method declares.</summary>
    public IReadOnlyList<TunnelFault> Faults { get; init; } = [];

    /// <summary>Returns the method id: the 32-bit FNV-1a hash of the UTF-8 bytes of "service/method".</summary>
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

    /// <summary>Returns <see cref="FullName"/>.</summary>
    public override string ToString() => FullName;
}
