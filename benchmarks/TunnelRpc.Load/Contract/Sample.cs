namespace TunnelRpc.Load.Contract;

/// <summary>What every measured call carries, there and back, and what streams are made of.</summary>
public sealed record Sample(int Id, string Name, double Value)
{
    public static readonly Sample One = new(42, "sixteen-char-nam", 3.14159);
}
