namespace TunnelRpc.Micro.Codec;

/// <summary>The measured object of five members, which travels as a map by their names: what a contract does by itself.</summary>
public sealed record Entry(int Id, string Name, double Value, long Count, bool Active)
{
    public static readonly Entry One = new(42, "sixteen-char-nam", 3.14159, 1_234_567_890_123, true);
}
