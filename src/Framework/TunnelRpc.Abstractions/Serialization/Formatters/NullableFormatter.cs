namespace TunnelRpc.Serialization.Formatters;

/// <summary>A value or nil, for value types.</summary>
/// <param name="inner">Formats the value when there is one.</param>
public sealed class NullableFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<T?>
    where T : struct
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, T? value)
    {
        if (value is { } present)
        {
            inner.Write(ref writer, present);
        }
        else
        {
            writer.WriteNil();
        }
    }

    /// <inheritdoc/>
    public T? Read(ref MessagePackReader reader) => reader.TryReadNil() ? null : inner.Read(ref reader);
}
