namespace TunnelRpc.Load.Targets;

/// <summary>How much is measured of a system.</summary>
internal enum TargetRank
{
    /// <summary>Everything that it can do.</summary>
    Main,

    /// <summary>Likewise, but in a quick run only what compares it with the others.</summary>
    MainUnlessQuick,

    /// <summary>What compares it with the others.</summary>
    Compared,
}
