using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Reads and writes the arguments of a method without parameters. For generated code only.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArgumentsFormatter : ArgumentTupleFormatter<ValueTuple>
{
    /// <summary>The formatter of all methods without parameters.</summary>
    public static readonly ArgumentsFormatter None = new();

    private ArgumentsFormatter()
        : base("a method without parameters", [])
    {
    }

    internal override void WriteItems(ref MessagePackWriter writer, in ValueTuple arguments)
    {
    }

    internal override ValueTuple ReadItems(ref MessagePackReader reader, int first, int count) => default;

    internal override void SetItem(ref ValueTuple arguments, int index, object? value)
    {
    }
}
