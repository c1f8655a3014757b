using System.ComponentModel;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a nullable reference type as the value or nil.</summary>
/// <param name="inner">Formats a value that is not null.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class NullableReferenceFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<T?>
    where T : class
{
    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, T? value)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            inner.Write(ref writer, value);
        }
    }

    /// <inheritdoc/>
    public T? Read(ref MessagePackReader reader) => reader.TryReadNil() ? null : inner.Read(ref reader);
}
