using MessagePack;
using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Peers.Contract;

/// <summary>The values of <see cref="Sample"/>, with numbered members for MessagePack-CSharp.</summary>
[MessagePackObject]
public sealed record PeerSample([property: Key(0)] int Id, [property: Key(1)] string Name, [property: Key(2)] double Value) : IEcho
{
    public static readonly PeerSample One = new(Sample.One.Id, Sample.One.Name, Sample.One.Value);
}
