using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>One request, no reply.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without cancellation token and stream: a generated struct that travels as one array.</typeparam>
public sealed class OneWayMethod<TService, TArgs>(
    string service,
    string name,
    ITunnelFormatter<TArgs> argumentsFormatter,
    Func<TService, TArgs, CancellationToken, ValueTask> invoke)
    : TunnelMethod<TService>(service, name)
    where TService : class
{
    /// <summary>Reads and writes the arguments.</summary>
    public ITunnelFormatter<TArgs> ArgumentsFormatter { get; } = argumentsFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, CancellationToken, ValueTask> Invoke { get; } = invoke;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitOneWay(this);
    }
}
