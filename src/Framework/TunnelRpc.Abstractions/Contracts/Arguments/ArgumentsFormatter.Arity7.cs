using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Reads and writes the arguments of a method with 7 parameters. For generated code only.</summary>
/// <param name="method">The name of the method in C#.</param>
/// <param name="p1">Parameter 1.</param>
/// <param name="p2">Parameter 2.</param>
/// <param name="p3">Parameter 3.</param>
/// <param name="p4">Parameter 4.</param>
/// <param name="p5">Parameter 5.</param>
/// <param name="p6">Parameter 6.</param>
/// <param name="p7">Parameter 7.</param>
/// <typeparam name="T1">The type of argument 1.</typeparam>
/// <typeparam name="T2">The type of argument 2.</typeparam>
/// <typeparam name="T3">The type of argument 3.</typeparam>
/// <typeparam name="T4">The type of argument 4.</typeparam>
/// <typeparam name="T5">The type of argument 5.</typeparam>
/// <typeparam name="T6">The type of argument 6.</typeparam>
/// <typeparam name="T7">The type of argument 7.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ArgumentsFormatter<T1, T2, T3, T4, T5, T6, T7>(
    string method,
    TunnelParameter<T1> p1,
    TunnelParameter<T2> p2,
    TunnelParameter<T3> p3,
    TunnelParameter<T4> p4,
    TunnelParameter<T5> p5,
    TunnelParameter<T6> p6,
    TunnelParameter<T7> p7)
    : ArgumentTupleFormatter<(T1, T2, T3, T4, T5, T6, T7)>(method, [p1.Name, p2.Name, p3.Name, p4.Name, p5.Name, p6.Name, p7.Name])
{
    internal override void WriteItems(ref MessagePackWriter writer, in (T1, T2, T3, T4, T5, T6, T7) arguments)
    {
        p1.Write(ref writer, arguments.Item1, Method);
        p2.Write(ref writer, arguments.Item2, Method);
        p3.Write(ref writer, arguments.Item3, Method);
        p4.Write(ref writer, arguments.Item4, Method);
        p5.Write(ref writer, arguments.Item5, Method);
        p6.Write(ref writer, arguments.Item6, Method);
        p7.Write(ref writer, arguments.Item7, Method);
    }

    internal override (T1, T2, T3, T4, T5, T6, T7) ReadItems(ref MessagePackReader reader, int first, int count) =>
        (
            p1.Read(ref reader, first, count, Method),
            p2.Read(ref reader, first + 1, count, Method),
            p3.Read(ref reader, first + 2, count, Method),
            p4.Read(ref reader, first + 3, count, Method),
            p5.Read(ref reader, first + 4, count, Method),
            p6.Read(ref reader, first + 5, count, Method),
            p7.Read(ref reader, first + 6, count, Method));

    internal override void SetItem(ref (T1, T2, T3, T4, T5, T6, T7) arguments, int index, object? value)
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
            case 3:
                arguments.Item4 = p4.Unbox(value);
                break;
            case 4:
                arguments.Item5 = p5.Unbox(value);
                break;
            case 5:
                arguments.Item6 = p6.Unbox(value);
                break;
            default:
                arguments.Item7 = p7.Unbox(value);
                break;
        }
    }
}
