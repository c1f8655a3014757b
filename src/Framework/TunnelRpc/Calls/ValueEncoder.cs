using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>Encodes a value into a message. Its errors name the path of what could not be encoded. Stateless.</summary>
internal static class ValueEncoder
{
    /// <summary>Appends a value. Runs code of the application (getters, formatters), so the caller holds no lock.</summary>
    /// <param name="output">The message.</param>
    /// <param name="formatter">Encodes the value.</param>
    /// <param name="value">The value.</param>
    /// <param name="scope">The references of the call; null for a call that passes none.</param>
    /// <exception cref="MessagePackException">The value cannot be encoded.</exception>
    public static void Write<T>(MessageBuffer output, ITunnelFormatter<T> formatter, T value, SerializationScope? scope)
    {
        int start = output.Length;
        var writer = new MessagePackWriter(output) { Scope = scope };
        try
        {
            formatter.Write(ref writer, value);
            writer.Flush();
        }
        catch (MessagePackException error)
        {
            throw AddPath(ref writer, output, start, error, (formatter as ArgumentTupleFormatter<T>)?.Names);
        }
    }

    /// <summary>The error with the path of the value that was to be written next.</summary>
    /// <param name="writer">The writer, which is flushed.</param>
    /// <param name="output">The message.</param>
    /// <param name="start">Where the value starts in the message.</param>
    /// <param name="error">The error.</param>
    /// <param name="arguments">The names of the arguments if the value has them; otherwise null.</param>
    public static MessagePackException AddPath(
        ref MessagePackWriter writer, MessageBuffer output, int start, MessagePackException error, IReadOnlyList<string>? arguments = null)
    {
        writer.Flush();
        return ValuePath.AddToWritten(error, output.WrittenSpan[start..], arguments);
    }
}
