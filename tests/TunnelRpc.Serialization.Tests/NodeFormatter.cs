using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

internal sealed class NodeFormatter : ITunnelFormatter<Node>
{
    public static readonly NodeFormatter Instance = new();

    private readonly ListFormatter<Node> _children;

    private NodeFormatter() => _children = new ListFormatter<Node>(this);

    public void Write(ref MessagePackWriter writer, Node value) => _children.Write(ref writer, value.Children);

    public Node Read(ref MessagePackReader reader) => new() { Children = _children.Read(ref reader) };
}
