using System.Collections;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>A group that was read.</summary>
internal sealed class ReceivedGrouping<TKey, TElement>(TKey key, IEnumerable<TElement> elements) : IGrouping<TKey, TElement>
{
    public TKey Key => key;

    public IEnumerator<TElement> GetEnumerator() => elements.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
