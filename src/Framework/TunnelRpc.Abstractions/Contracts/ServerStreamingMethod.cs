using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Describes a server-streaming method: one request, a stream of items as the reply. Created by generated code.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without the cancellation token: a tuple that is encoded as one array.</typeparam>
/// <typeparam name="TItem">The items of the stream.</typeparam>
/// <param name="service">The service's name on the wire.</param>
/// <param name="name">The method's name on the wire.</param>
/// <param name="argumentsFormatter">Reads and writes the arguments.</param>
/// <param name="itemFormatter">Reads and writes the stream's items.</param>
/// <param name="invoke">Calls the method on an implementation.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ServerStreamingMethod<TService, TArgs, TItem>(
    string service,
    string name,
    ITunnelFormatter<TArgs> argumentsFormatter,
    ITunnelFormatter<TItem> itemFormatter,
    Func<TService, TArgs, CancellationToken, IAsyncEnumerable<TItem>> invoke)
    : TunnelMethod<TService>(service, name)
    where TService : class
{
    /// <summary>Reads and writes the arguments.</summary>
    public ITunnelFormatter<TArgs> ArgumentsFormatter { get; } = argumentsFormatter;

    /// <summary>Reads and writes the stream's items.</summary>
    public ITunnelFormatter<TItem> ItemFormatter { get; } = itemFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, CancellationToken, IAsyncEnumerable<TItem>> Invoke { get; } = invoke;

    internal override object UntypedArgumentsFormatter => ArgumentsFormatter;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitServerStreaming(this);
    }
}
