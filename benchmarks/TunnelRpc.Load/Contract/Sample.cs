namespace TunnelRpc.Load.Contract;

/// <summary>What every measured call carries, there and back, and what streams are made of. Its members are numbered, as where speed counts: names would travel with each.</summary>
public sealed record Sample([property: TunnelMember(0)] int Id, [property: TunnelMember(1)] string Name, [property: TunnelMember(2)] double Value)
{
    public static readonly Sample One = new(42, "sixteen-char-nam", 3.14159);
}
