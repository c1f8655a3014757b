using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Peers.Plain;

/// <summary>The values of <see cref="Sample"/>, as a user writes it: members travel by name.</summary>
public sealed record PlainSample(int Id, string Name, double Value) : IEcho
{
    public static readonly PlainSample One = new(Sample.One.Id, Sample.One.Name, Sample.One.Value);
}
