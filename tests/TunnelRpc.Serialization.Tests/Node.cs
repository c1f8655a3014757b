namespace TunnelRpc.Serialization.Tests;

/// <summary>A type that contains itself.</summary>
internal sealed class Node
{
    public List<Node> Children { get; set; } = [];
}
