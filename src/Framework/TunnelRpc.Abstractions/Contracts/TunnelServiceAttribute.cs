namespace TunnelRpc;

/// <summary>
/// Marks a partial interface as a contract. The generator emits its stub, its method descriptors and the formatters of its types.
/// </summary>
[AttributeUsage(AttributeTargets.Interface, Inherited = false)]
public sealed class TunnelServiceAttribute : Attribute
{
    /// <summary>
    /// The contract that the caller serves, so that the callee can call it back. It must be a contract itself. Default: none.
    /// </summary>
    public Type? Callback { get; set; }

    /// <summary>The service's name on the wire. Default: the full name of the interface.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// How the callee dispatches the calls of one session. Default: <see cref="TunnelDispatch.Concurrent"/>. Both sides read this setting
    /// and should have the same value.
    /// </summary>
    public TunnelDispatch Dispatch { get; set; }
}
