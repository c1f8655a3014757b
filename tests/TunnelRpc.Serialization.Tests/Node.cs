namespace TunnelRpc.Serialization.Tests;

/// <summary>A recursive type.</summary>
internal sealed class Node
{
    public List<Node> Children { get; set; } = [];
}
