using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Reads and writes the arguments of a method with 2 parameters. For generated code only.</summary>
/// <param name="method">The name of the method in C#.</param>
/// <param name="p1">Parameter 1.</param>
/// <param name="p2">Parameter 2.</param>
/// <typeparam name="T1">The type of argument 1.</typeparam>
/// <typeparam name="T2">The type of argument 2.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArgumentsFormatter<T1, T2>(string method, TunnelParameter<T1> p1, TunnelParameter<T2> p2)
    : ArgumentTupleFormatter<(T1, T2)>(method, [p1.Name, p2.Name])
{
    internal override void WriteItems(ref MessagePackWriter writer, in (T1, T2) arguments)
    {
        p1.Write(ref writer, arguments.Item1, Method);
        p2.Write(ref writer, arguments.Item2, Method);
    }

    internal override (T1, T2) ReadItems(ref MessagePackReader reader, int first, int count) =>
        (p1.Read(ref reader, first, count, Method), p2.Read(ref reader, first + 1, count, Method));

    internal override void SetItem(ref (T1, T2) arguments, int index, object? value)
    {
        switch (index)
        {
            case 0:
                arguments.Item1 = p1.Unbox(value);
                break;
            default:
                arguments.Item2 = p2.Unbox(value);
                break;
        }
    }
}
