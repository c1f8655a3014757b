namespace TunnelRpc.Micro.Calls;

/// <summary>The argument and the result of an echo.</summary>
public sealed record CallSample(int Id, string Name, double Value)
{
    public static readonly CallSample One = new(42, "sixteen-char-nam", 3.14159);
}
