using System.Collections.Frozen;
using MessagePack;
using MessagePack.Formatters;
using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack;

// Decision: docs/adr/0087-messagepack-package.md
/// <summary>
/// Lets MessagePack-CSharp use the generated formatters of contracts, so that files and queues contain the same bytes as messages.
/// </summary>
/// <remarks>
/// It knows the types of the contracts that have a generated formatter. Combine it with a resolver for other types:
/// <code>
/// MessagePackSerializerOptions options = MessagePackSerializerOptions.Standard
///     .WithResolver(CompositeResolver.Create(TunnelRpcResolver.For&lt;IOrders&gt;(), StandardResolver.Instance));
/// </code>
/// Values that are passed by reference (streams, services) cannot be written outside of a call. Immutable and thread-safe.
/// </remarks>
public sealed class TunnelRpcResolver : IFormatterResolver
{
    // From the type to its IMessagePackFormatter<T>.
    private readonly FrozenDictionary<Type, object> _formatters;

    private TunnelRpcResolver(IEnumerable<KeyValuePair<Type, object>> formatters) => _formatters = formatters.ToFrozenDictionary();

    /// <summary>Returns a resolver of the types of a contract.</summary>
    /// <typeparam name="TService">The contract.</typeparam>
    public static TunnelRpcResolver For<TService>()
        where TService : class, ITunnelService<TService> => new TunnelRpcResolver([]).With<TService>();

    /// <summary>Returns a resolver that also knows the types of another contract.</summary>
    /// <typeparam name="TService">The contract.</typeparam>
    public TunnelRpcResolver With<TService>()
        where TService : class, ITunnelService<TService>
    {
        var collector = new Collector(new Dictionary<Type, object>(_formatters));
        TService.TunnelDefinition.VisitFormatters(collector);
        return new TunnelRpcResolver(collector.Formatters);
    }

    /// <summary>Returns the formatter of a type; null if the contracts have no generated formatter for it.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public IMessagePackFormatter<T>? GetFormatter<T>() => _formatters.GetValueOrDefault(typeof(T)) as IMessagePackFormatter<T>;

    private sealed class Collector(Dictionary<Type, object> formatters) : ITunnelFormatterVisitor
    {
        public Dictionary<Type, object> Formatters => formatters;

        public void Visit<T>(ITunnelFormatter<T> formatter) => formatters.TryAdd(typeof(T), new ResolvedFormatter<T>(formatter));
    }
}
