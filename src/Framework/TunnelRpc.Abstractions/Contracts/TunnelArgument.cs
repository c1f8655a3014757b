using System.ComponentModel;

namespace TunnelRpc;

/// <summary>What generated structs of arguments share.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class TunnelArgument
{
    /// <summary>A boxed value as the type of its parameter.</summary>
    /// <exception cref="ArgumentException">It is of another type.</exception>
    public static T Unbox<T>(object? value, string name) => value switch
    {
        T typed => typed,
        null when default(T) is null => default!,
        _ => throw new ArgumentException($"The argument {name} is of the type {typeof(T)}, got {value?.GetType().ToString() ?? "null"}. Values are not converted.", nameof(value)),
    };

    /// <summary>There is no argument at <paramref name="index"/>.</summary>
    public static Exception IndexOutOfRange(int index, int count) =>
        new ArgumentOutOfRangeException(nameof(index), index, count == 0 ? "The method has no arguments." : $"Expected an index from 0 to {count - 1}.");
}
