using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>Describes a unary method: one request, one reply. Created by generated code.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TArgs">The arguments, without the cancellation token: a tuple that is encoded as one array.</typeparam>
/// <typeparam name="TResult">The result; <see cref="Unit"/> for a method that returns nothing.</typeparam>
/// <param name="service">The service's name on the wire.</param>
/// <param name="name">The method's name on the wire.</param>
/// <param name="argumentsFormatter">Reads and writes the arguments.</param>
/// <param name="resultFormatter">Reads and writes the result.</param>
/// <param name="invoke">Calls the method on an implementation.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
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

    internal override object UntypedArgumentsFormatter => ArgumentsFormatter;

    /// <inheritdoc/>
    public override TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.VisitUnary(this);
    }
}
