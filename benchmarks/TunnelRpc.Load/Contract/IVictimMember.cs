namespace TunnelRpc.Load.Contract;

/// <summary>The callbacks of the server that is attacked.</summary>
[TunnelService]
public partial interface IVictimMember
{
    /// <summary>A broadcast of the server.</summary>
    [OneWay]
    ValueTask TickAsync(byte[] bytes);
}
