namespace TunnelRpc.Serialization;

/// <summary>Reads and writes values of one type as MessagePack. Stateless and thread-safe.</summary>
/// <typeparam name="T">The type.</typeparam>
public interface ITunnelFormatter<T>
{
    /// <summary>Writes exactly one MessagePack value.</summary>
    void Write(ref MessagePackWriter writer, T value);

    /// <summary>Reads exactly one MessagePack value.</summary>
    /// <exception cref="MessagePackException">The bytes are not such a value; says what was expected and what came.</exception>
    T Read(ref MessagePackReader reader);
}
