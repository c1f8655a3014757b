namespace TunnelRpc.Serialization;

/// <summary>Reads and writes the values of one type as MessagePack.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>An implementation is stateless and thread-safe.</item>
/// <item>Each method writes or reads exactly one MessagePack value.</item>
/// <item>A formatter of a collection or an object calls <see cref="MessagePackWriter.IncrementDepth"/> or
/// <see cref="MessagePackReader.IncrementDepth"/> before the content, and the matching decrement after it.</item>
/// </list>
/// </remarks>
/// <typeparam name="T">The type of the values.</typeparam>
public interface ITunnelFormatter<T>
{
    /// <summary>Writes exactly one MessagePack value.</summary>
    /// <exception cref="MessagePackException">The value cannot be encoded, for instance because it is null.</exception>
    void Write(ref MessagePackWriter writer, T value);

    /// <summary>Reads exactly one MessagePack value.</summary>
    /// <exception cref="MessagePackException">
    /// The bytes are not a value of this type. The message states what was expected and what was found.
    /// </exception>
    T Read(ref MessagePackReader reader);
}
