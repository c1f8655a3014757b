using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Describes a duplex method: both sides send a stream of items. Created by generated code.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">
/// The arguments, without cancellation token and stream: a tuple that is encoded as one array.
/// </typeparam>
/// <typeparam name="TItem">The items that the caller sends.</typeparam>
/// <typeparam name="TResultItem">The items that the callee sends.</typeparam>
/// <param name="service">The service's name on the wire.</param>
/// <param name="name">The method's name on the wire.</param>
/// <param name="argumentsFormatter">Reads and writes the arguments.</param>
/// <param name="itemFormatter">Reads and writes the items that the caller sends.</param>
/// <param name="resultItemFormatter">Reads and writes the items that the callee sends.</param>
/// <param name="invoke">Calls the method on an implementation.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class DuplexStreamingMethod<TService, TArgs, TItem, TResultItem>(
    string service,
    string name,
    ITunnelFormatter<TArgs> argumentsFormatter,
    ITunnelFormatter<TItem> itemFormatter,
    ITunnelFormatter<TResultItem> resultItemFormatter,
    Func<TService, TArgs, IAsyncEnumerable<TItem>, CancellationToken, IAsyncEnumerable<TResultItem>> invoke)
    : TunnelMethod<TService>(service, name)
    where TService : class
{
    /// <summary>Reads and writes the arguments.</summary>
    public ITunnelFormatter<TArgs> ArgumentsFormatter { get; } = argumentsFormatter;

    /// <summary>Reads and writes the items that the caller sends.</summary>
    public ITunnelFormatter<TItem> ItemFormatter { get; } = itemFormatter;

    /// <summary>Reads and writes the items that the callee sends.</summary>
    public ITunnelFormatter<TResultItem> ResultItemFormatter { get; } = resultItemFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, IAsyncEnumerable<TItem>, CancellationToken, IAsyncEnumerable<TResultItem>> Invoke { get; } = invoke;

    internal override object UntypedArgumentsFormatter => ArgumentsFormatter;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitDuplexStreaming(this);
    }
}
