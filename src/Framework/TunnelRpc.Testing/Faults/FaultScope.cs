namespace TunnelRpc.Testing.Faults;

/// <summary>
/// The bytes that a <see cref="StreamFault"/> applies to at <see cref="FaultLevel.Http"/>. At <see cref="FaultLevel.Tcp"/> every fault
/// applies to all bytes.
/// </summary>
[Flags]
public enum FaultScope
{
    /// <summary>The bodies of requests or responses, without their framing.</summary>
    Bodies = 1,

    /// <summary>The bytes after a 101 or an accepted CONNECT.</summary>
    Tunnels = 2,

    /// <summary>Bodies and tunnels.</summary>
    Everything = Bodies | Tunnels,
}
