using System.ComponentModel;
using System.Threading.Channels;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Passes a <see cref="ChannelReader{T}"/> inside another value by reference, as an <see cref="IAsyncEnumerable{T}"/> of its items.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
/// <param name="inner">Reads and writes the items.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ChannelReaderFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<ChannelReader<T>>
{
    private readonly AsyncEnumerableFormatter<T> _items = new(inner);

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, ChannelReader<T> value) =>
        _items.Write(ref writer, TunnelStreams.FromChannelReader(value));

    /// <inheritdoc/>
    public ChannelReader<T> Read(ref MessagePackReader reader) => TunnelStreams.ToChannelReader(_items.Read(ref reader));
}
