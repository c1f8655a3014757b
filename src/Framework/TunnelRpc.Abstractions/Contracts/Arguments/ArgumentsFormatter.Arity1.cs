using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Reads and writes the argument of a method with 1 parameter. For generated code only.</summary>
/// <param name="method">The name of the method in C#.</param>
/// <param name="p1">Parameter 1.</param>
/// <typeparam name="T1">The type of argument 1.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArgumentsFormatter<T1>(string method, TunnelParameter<T1> p1)
    : ArgumentTupleFormatter<ValueTuple<T1>>(method, [p1.Name])
{
    internal override void WriteItems(ref MessagePackWriter writer, in ValueTuple<T1> arguments)
    {
        p1.Write(ref writer, arguments.Item1, Method);
    }

    internal override ValueTuple<T1> ReadItems(ref MessagePackReader reader, int first, int count) =>
        new(p1.Read(ref reader, first, count, Method));

    internal override void SetItem(ref ValueTuple<T1> arguments, int index, object? value)
    {
        arguments.Item1 = p1.Unbox(value);
    }
}
