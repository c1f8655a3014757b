namespace TunnelRpc.Micro.Codec;

/// <summary>The same with keys, which travels as an array.</summary>
public sealed record KeyedEntry(
    [property: TunnelMember(0)] int Id,
    [property: TunnelMember(1)] string Name,
    [property: TunnelMember(2)] double Value,
    [property: TunnelMember(3)] long Count,
    [property: TunnelMember(4)] bool Active)
{
    public static readonly KeyedEntry One = new(Entry.One.Id, Entry.One.Name, Entry.One.Value, Entry.One.Count, Entry.One.Active);
}
