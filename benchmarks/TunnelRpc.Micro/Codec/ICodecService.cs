namespace TunnelRpc.Micro.Codec;

/// <summary>Never served: that the generator makes the formatters of what it carries.</summary>
[TunnelService]
public partial interface ICodecService
{
    ValueTask<Entry[]> NamedAsync(Entry entry, CancellationToken cancellationToken = default);

    ValueTask<KeyedEntry[]> KeyedAsync(KeyedEntry entry, CancellationToken cancellationToken = default);
}
