namespace TunnelRpc.Micro.Codec;

/// <summary>The same object with numbered members, which is encoded as an array.</summary>
public sealed record KeyedEntry
{
    public static readonly KeyedEntry One = new()
    {
        Id = Entry.One.Id,
        Name = Entry.One.Name,
        Value = Entry.One.Value,
        Count = Entry.One.Count,
        Active = Entry.One.Active,
    };

    [TunnelMember(0)]
    public int Id { get; set; }

    [TunnelMember(1)]
    public string Name { get; set; } = "";

    [TunnelMember(2)]
    public double Value { get; set; }

    [TunnelMember(3)]
    public long Count { get; set; }

    [TunnelMember(4)]
    public bool Active { get; set; }
}
