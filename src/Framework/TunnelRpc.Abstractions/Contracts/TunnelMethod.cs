using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;
using TunnelRpc.Serialization;

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

    /// <summary>The name of the method in C# if it is not <see cref="Name"/>; otherwise null. Set by generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public string? DeclaredName { get; init; }

    /// <summary>
    /// Finds the method in <see cref="DeclaringType"/> if its name is not enough: if it has overloads, or is not public. Set by generated
    /// code, such that trimming keeps the method. Null for most methods.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Func<MethodInfo>? FindDeclaration { get; init; }

    /// <summary>The contract.</summary>
    internal abstract Type ContractType { get; }

    /// <summary>The formatter of the arguments: an <see cref="ITunnelFormatter{T}"/> of their type.</summary>
    internal abstract object UntypedArgumentsFormatter { get; }

    /// <summary>The typed faults that the method declares.</summary>
    public IReadOnlyList<TunnelFault> Faults { get; init; } = [];

    // Decision: docs/adr/0098-cost-of-contracts-for-the-compiler.md
    /// <summary>
    /// Returns the method of the interface that declares it, the contract or a base interface of it; null if the definition was not
    /// generated.
    /// </summary>
    /// <exception cref="InvalidOperationException">The interface has no such method: another version of it was compiled.</exception>
    internal MethodInfo? GetDeclaration()
    {
        if (FindDeclaration is not null)
        {
            return FindDeclaration();
        }

        // Trimming keeps all methods of the type, as its attribute says.
        return DeclaringType is null
            ? null
            : DeclaringType.GetMethod(DeclaredName ?? Name, BindingFlags.Instance | BindingFlags.Public)
                ?? throw new InvalidOperationException(
                    $"Expected the method {DeclaredName ?? Name} in {DeclaringType}, found none. Compile the contract again.");
    }

    /// <summary>Returns the method id: the 32-bit FNV-1a hash of the UTF-8 bytes of "service/method".</summary>
    public static uint ComputeId(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        return Fnv1a.Compute(Encoding.UTF8.GetBytes(fullName));
    }

    /// <summary>Returns <see cref="FullName"/>.</summary>
    public override string ToString() => FullName;
}
