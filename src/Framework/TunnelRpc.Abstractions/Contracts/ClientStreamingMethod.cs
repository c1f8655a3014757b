using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>
/// Describes a client-streaming method: the caller sends a stream of items, the callee sends one reply. Created by generated code.
/// </summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">
/// The arguments, without cancellation token and stream: a tuple that is encoded as one array.
/// </typeparam>
/// <typeparam name="TItem">The items of the stream.</typeparam>
/// <typeparam name="TResult">The result; <see cref="Unit"/> for a method that returns nothing.</typeparam>
/// <param name="service">The service's name on the wire.</param>
/// <param name="name">The method's name on the wire.</param>
/// <param name="argumentsFormatter">Reads and writes the arguments.</param>
/// <param name="itemFormatter">Reads and writes the stream's items.</param>
/// <param name="resultFormatter">Reads and writes the result.</param>
/// <param name="invoke">Calls the method on an implementation.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ClientStreamingMethod<TService, TArgs, TItem, TResult>(
    string service,
    string name,
    ITunnelFormatter<TArgs> argumentsFormatter,
    ITunnelFormatter<TItem> itemFormatter,
    ITunnelFormatter<TResult> resultFormatter,
    Func<TService, TArgs, IAsyncEnumerable<TItem>, CancellationToken, ValueTask<TResult>> invoke)
    : TunnelMethod<TService>(service, name)
    where TService : class
{
    /// <summary>Reads and writes the arguments.</summary>
    public ITunnelFormatter<TArgs> ArgumentsFormatter { get; } = argumentsFormatter;

    /// <summary>Reads and writes the stream's items.</summary>
    public ITunnelFormatter<TItem> ItemFormatter { get; } = itemFormatter;

    /// <summary>Reads and writes the result.</summary>
    public ITunnelFormatter<TResult> ResultFormatter { get; } = resultFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, IAsyncEnumerable<TItem>, CancellationToken, ValueTask<TResult>> Invoke { get; } = invoke;

    internal override object UntypedArgumentsFormatter => ArgumentsFormatter;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitClientStreaming(this);
    }
}
