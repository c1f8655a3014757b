using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Passes an <see cref="IObservable{T}"/> inside another value by reference, as an <see cref="IAsyncEnumerable{T}"/> of its items.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
/// <param name="inner">Reads and writes the items.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ObservableFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<IObservable<T>>
{
    private readonly AsyncEnumerableFormatter<T> _items = new(inner);

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IObservable<T> value) => _items.Write(ref writer, TunnelStreams.FromObservable(value));

    /// <inheritdoc/>
    public IObservable<T> Read(ref MessagePackReader reader) => TunnelStreams.ToObservable(_items.Read(ref reader));
}
