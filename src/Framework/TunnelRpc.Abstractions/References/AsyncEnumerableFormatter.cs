using System.ComponentModel;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.References;

/// <summary>
/// Passes an <see cref="IAsyncEnumerable{T}"/> inside another value by reference. The peer receives the items while it enumerates, with
/// backpressure. The reference is released when the enumeration ends; the received stream is also an <see cref="IAsyncDisposable"/>, for a
/// receiver that does not enumerate it.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class AsyncEnumerableFormatter<T> : ITunnelFormatter<IAsyncEnumerable<T>>
{
    private readonly ServerStreamingMethod<IItemSource<T>, Unit, T> _read;
    private readonly IReadOnlyList<TunnelMethod<IItemSource<T>>> _methods;

    /// <summary>Creates a formatter.</summary>
    /// <param name="inner">Reads and writes the items.</param>
    public AsyncEnumerableFormatter(ITunnelFormatter<T> inner)
    {
        _read = new("$items", "Read", UnitFormatter.Instance, inner, static (source, _, cancelled) => source.ReadAsync(cancelled))
        {
            HasReferences = true,
        };
        _methods = [_read];
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IAsyncEnumerable<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ReferenceScope references = ReferenceScope.Require(writer.Scope, "an IAsyncEnumerable");
        writer.Write(references.Export(_methods, new ItemSource<T>(value)));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<T> Read(ref MessagePackReader reader)
    {
        ReferenceScope references = ReferenceScope.Require(reader.Scope, "an IAsyncEnumerable");
        return new RemoteEnumerable<T>(references.Import(reader.ReadInt64()), _read);
    }
}
