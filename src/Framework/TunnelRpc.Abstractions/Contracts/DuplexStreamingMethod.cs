using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>A stream each way.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without cancellation token and stream: a generated struct that travels as one array.</typeparam>
/// <typeparam name="TItem">The stream's elements.</typeparam>
/// <typeparam name="TResultItem">The elements of the stream that comes back.</typeparam>
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

    /// <summary>Reads and writes the stream's elements.</summary>
    public ITunnelFormatter<TItem> ItemFormatter { get; } = itemFormatter;

    /// <summary>Reads and writes the elements that come back.</summary>
    public ITunnelFormatter<TResultItem> ResultItemFormatter { get; } = resultItemFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, IAsyncEnumerable<TItem>, CancellationToken, IAsyncEnumerable<TResultItem>> Invoke { get; } = invoke;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitDuplexStreaming(this);
    }
}
