namespace TunnelRpc;

/// <summary>Marks a partial interface as a contract: the generator emits its stub, its dispatcher and the formatters of its types.</summary>
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public sealed class TunnelServiceAttribute : Attribute
{
    /// <summary>The contract the other side serves for this one: what the server calls back. It must be a contract itself.</summary>
    public Type? Callback { get; set; }

    /// <summary>The service's name on the wire; the interface's full name when not given.</summary>
    public string? Name { get; set; }

    /// <summary>How calls of one session run where the contract is served. Default <see cref="TunnelDispatch.Concurrent"/>. Both sides read it: they should have the same.</summary>
    public TunnelDispatch Dispatch { get; set; }
}
