namespace TunnelRpc.Load.Contract;

/// <summary>The client's side of broadcasts.</summary>
internal sealed class VictimMember : IVictimMember
{
    public ValueTask TickAsync(byte[] bytes) => default;
}
