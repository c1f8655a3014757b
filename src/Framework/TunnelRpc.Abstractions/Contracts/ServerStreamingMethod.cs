using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>One request, a stream back.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without cancellation token and stream: a generated struct that travels as one array.</typeparam>
/// <typeparam name="TItem">The stream's elements.</typeparam>
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

    /// <summary>Reads and writes the stream's elements.</summary>
    public ITunnelFormatter<TItem> ItemFormatter { get; } = itemFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, CancellationToken, IAsyncEnumerable<TItem>> Invoke { get; } = invoke;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitServerStreaming(this);
    }
}
