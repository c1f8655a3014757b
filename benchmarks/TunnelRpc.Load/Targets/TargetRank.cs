namespace TunnelRpc.Load.Targets;

/// <summary>The extent to which a system is measured.</summary>
internal enum TargetRank
{
    /// <summary>All measures that the system supports.</summary>
    Main,

    /// <summary>As <see cref="Main"/>, but as <see cref="Compared"/> in a quick run.</summary>
    MainUnlessQuick,

    /// <summary>Only the measures that compare the system with the others.</summary>
    Compared,
}
