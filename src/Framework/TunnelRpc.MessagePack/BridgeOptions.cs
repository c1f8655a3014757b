using MessagePack;
using MessagePack.Resolvers;
using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack;

/// <summary>
/// The options that formatters of the package get: those for untrusted data, with the depth limit of this framework, without compression
/// and without types by name. The standard options of the package are not used, since their resolver needs reflection.
/// </summary>
internal sealed class BridgeOptions : MessagePackSerializerOptions
{
    public static readonly MessagePackSerializerOptions Instance = new BridgeOptions(BuiltinResolver.Instance)
        .WithSecurity(MessagePackSecurity.UntrustedData.WithMaximumObjectGraphDepth(MessagePackLimits.MaxDepth));

    private BridgeOptions(IFormatterResolver resolver)
        : base(resolver)
    {
    }

    private BridgeOptions(BridgeOptions copied)
        : base(copied)
    {
    }

    /// <summary>Type names are never read.</summary>
    public override Type? LoadType(string typeName) => null;

    /// <inheritdoc/>
    protected override MessagePackSerializerOptions Clone() => new BridgeOptions(this);
}
