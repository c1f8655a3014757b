using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Reads and writes the arguments of a method with 4 parameters. For generated code only.</summary>
/// <param name="method">The name of the method in C#.</param>
/// <param name="p1">Parameter 1.</param>
/// <param name="p2">Parameter 2.</param>
/// <param name="p3">Parameter 3.</param>
/// <param name="p4">Parameter 4.</param>
/// <typeparam name="T1">The type of argument 1.</typeparam>
/// <typeparam name="T2">The type of argument 2.</typeparam>
/// <typeparam name="T3">The type of argument 3.</typeparam>
/// <typeparam name="T4">The type of argument 4.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArgumentsFormatter<T1, T2, T3, T4>(
    string method,
    TunnelParameter<T1> p1,
    TunnelParameter<T2> p2,
    TunnelParameter<T3> p3,
    TunnelParameter<T4> p4)
    : ArgumentTupleFormatter<(T1, T2, T3, T4)>(method, [p1.Name, p2.Name, p3.Name, p4.Name])
{
    internal override void WriteItems(ref MessagePackWriter writer, in (T1, T2, T3, T4) arguments)
    {
        p1.Write(ref writer, arguments.Item1, Method);
        p2.Write(ref writer, arguments.Item2, Method);
        p3.Write(ref writer, arguments.Item3, Method);
        p4.Write(ref writer, arguments.Item4, Method);
    }

    internal override (T1, T2, T3, T4) ReadItems(ref MessagePackReader reader, int first, int count) =>
        (
            p1.Read(ref reader, first, count, Method),
            p2.Read(ref reader, first + 1, count, Method),
            p3.Read(ref reader, first + 2, count, Method),
            p4.Read(ref reader, first + 3, count, Method));

    internal override void SetItem(ref (T1, T2, T3, T4) arguments, int index, object? value)
    {
        switch (index)
        {
            case 0:
                arguments.Item1 = p1.Unbox(value);
                break;
            case 1:
                arguments.Item2 = p2.Unbox(value);
                break;
            case 2:
                arguments.Item3 = p3.Unbox(value);
                break;
            default:
                arguments.Item4 = p4.Unbox(value);
                break;
        }
    }
}
