using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a nullable value type as the value or nil.</summary>
/// <param name="inner">Formats a value that is not null.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
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
