using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>One request, one reply.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without cancellation token and stream: a generated struct that travels as one array.</typeparam>
/// <typeparam name="TResult">The result; <see cref="Unit"/> for a method that returns nothing.</typeparam>
public sealed class UnaryMethod<TService, TArgs, TResult>(
    string service,
    string name,
    ITunnelFormatter<TArgs> argumentsFormatter,
    ITunnelFormatter<TResult> resultFormatter,
    Func<TService, TArgs, CancellationToken, ValueTask<TResult>> invoke)
    : TunnelMethod<TService>(service, name)
    where TService : class
{
    /// <summary>Reads and writes the arguments.</summary>
    public ITunnelFormatter<TArgs> ArgumentsFormatter { get; } = argumentsFormatter;

    /// <summary>Reads and writes the result.</summary>
    public ITunnelFormatter<TResult> ResultFormatter { get; } = resultFormatter;

    /// <summary>Calls the method on an implementation.</summary>
    public Func<TService, TArgs, CancellationToken, ValueTask<TResult>> Invoke { get; } = invoke;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitUnary(this);
    }
}
