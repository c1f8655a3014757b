namespace TunnelRpc.Micro.Codec;

/// <summary>Is never served. It makes the generator create the formatters of its argument and result types.</summary>
[TunnelService]
public partial interface ICodecService
{
    ValueTask<Entry[]> NamedAsync(Entry entry, CancellationToken cancellationToken = default);

    ValueTask<KeyedEntry[]> KeyedAsync(KeyedEntry entry, CancellationToken cancellationToken = default);
}
