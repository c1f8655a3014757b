using System.ComponentModel;

namespace TunnelRpc;

/// <summary>
/// Implemented by the generated argument structs, so that filters read and replace arguments without reflection. For generated code
/// only. Implementations are immutable.
/// </summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelArguments<TSelf>
{
    /// <summary>The names of the parameters, in declaration order, without the cancellation token and the stream.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Returns the argument at <paramref name="index"/>, boxed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument at <paramref name="index"/>.</exception>
    object? Get(int index);

    /// <summary>Returns a copy of the arguments in which the one at <paramref name="index"/> is <paramref name="value"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument at <paramref name="index"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not of the parameter's type.</exception>
    TSelf With(int index, object? value);
}
