namespace TunnelRpc.Load.Contract;

/// <summary>
/// The argument and the result of every measured call, and the item of every stream. Its members are numbered, as in a contract made for
/// speed: unnumbered members would send their names with each object.
/// </summary>
public sealed record Sample(
    [property: TunnelMember(0)] int Id, [property: TunnelMember(1)] string Name, [property: TunnelMember(2)] double Value)
    : IEcho
{
    public static readonly Sample One = new(42, "sixteen-char-nam", 3.14159);
}
