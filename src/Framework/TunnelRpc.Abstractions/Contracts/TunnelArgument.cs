using System.ComponentModel;

namespace TunnelRpc;

/// <summary>Helpers of the generated argument structs. For generated code only.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class TunnelArgument
{
    /// <summary>Converts a boxed value to the type of its parameter.</summary>
    /// <param name="value">The value; null is allowed for types that can be null.</param>
    /// <param name="name">The parameter's name, for the error message.</param>
    /// <exception cref="ArgumentException">The value is not of type <typeparamref name="T"/>.</exception>
    public static T Unbox<T>(object? value, string name) => value switch
    {
        T typed => typed,
        null when default(T) is null => default!,
        _ => throw new ArgumentException(
            $"Expected a value of type {typeof(T)} for the argument {name}, got {value?.GetType().ToString() ?? "null"}. Values are not "
            + "converted.",
            nameof(value)),
    };

    /// <summary>Creates the exception for an <paramref name="index"/> at which there is no argument.</summary>
    public static Exception IndexOutOfRange(int index, int count) =>
        new ArgumentOutOfRangeException(
            nameof(index), index, count == 0 ? "The method has no arguments." : $"Expected an index from 0 to {count - 1}.");
}
