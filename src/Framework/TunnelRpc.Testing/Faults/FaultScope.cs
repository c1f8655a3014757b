namespace TunnelRpc.Testing.Faults;

/// <summary>Which bytes a <see cref="StreamFault"/> concerns at <see cref="FaultLevel.Http"/>; at <see cref="FaultLevel.Tcp"/> it concerns all.</summary>
[Flags]
public enum FaultScope
{
    /// <summary>The bodies of requests or answers, without their framing.</summary>
    Bodies = 1,

    /// <summary>What follows a 101 or an accepted CONNECT.</summary>
    Tunnels = 2,

    /// <summary>Both.</summary>
    Everything = Bodies | Tunnels,
}
