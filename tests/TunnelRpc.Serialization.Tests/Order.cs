namespace TunnelRpc.Serialization.Tests;

/// <summary>An object with five members of value types.</summary>
internal sealed class Order
{
    public int Id { get; set; }

    public double Amount { get; set; }

    public long Ticks { get; set; }

    public bool Open { get; set; }

    public int Count { get; set; }
}
