using System.ComponentModel;

namespace TunnelRpc;

/// <summary>Implemented by the generated structs of arguments, so that filters reach them without reflection. Nothing implements it by hand.</summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelArguments<TSelf>
{
    /// <summary>The parameters' names, in their order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>An argument, boxed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such argument.</exception>
    object? Get(int index);

    /// <summary>The arguments with one replaced.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such argument.</exception>
    /// <exception cref="ArgumentException">The parameter is of another type.</exception>
    TSelf With(int index, object? value);
}
