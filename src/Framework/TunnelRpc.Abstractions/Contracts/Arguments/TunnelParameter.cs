using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc;

/// <summary>A parameter of a method, whose argument is sent. Immutable. For generated code only.</summary>
/// <typeparam name="T">The type of the argument.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TunnelParameter<T>
{
    private readonly ITunnelFormatter<T> _formatter;
    private readonly bool _isOptional;
    private readonly T _default = default!;

    /// <summary>Creates a parameter whose argument must be sent.</summary>
    /// <param name="name">The name of the parameter in C#.</param>
    /// <param name="formatter">Reads and writes the argument.</param>
    public TunnelParameter(string name, ITunnelFormatter<T> formatter)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(formatter);
        Name = name;
        _formatter = formatter;
    }

    /// <summary>Creates a parameter with a default for the calls of peers whose contract does not have the parameter.</summary>
    /// <param name="name">The name of the parameter in C#.</param>
    /// <param name="formatter">Reads and writes the argument.</param>
    /// <param name="defaultValue">The default.</param>
    public TunnelParameter(string name, ITunnelFormatter<T> formatter, T defaultValue)
        : this(name, formatter)
    {
        _isOptional = true;
        _default = defaultValue;
    }

    /// <summary>The name of the parameter in C#.</summary>
    public string Name { get; }

    /// <summary>Whether null is an error although <typeparamref name="T"/> can be null. Default: false.</summary>
    public bool NotNull { get; init; }

    /// <summary>Writes an argument.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="method">The name of the method, for the error message.</param>
    /// <exception cref="ArgumentNullException">The argument is null, and the contract does not allow it.</exception>
    internal void Write(ref MessagePackWriter writer, T argument, string method)
    {
        if (NotNull && argument is null)
        {
            throw FormatterErrors.NullArgument(Name, method);
        }

        _formatter.Write(ref writer, argument);
    }

    /// <summary>Reads an argument, or returns the default if it was not sent.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="index">The index of the parameter.</param>
    /// <param name="count">The number of arguments that were sent.</param>
    /// <param name="method">The name of the method, for the error message.</param>
    /// <exception cref="MessagePackException">The argument has no default and was not sent, or cannot be decoded.</exception>
    internal T Read(ref MessagePackReader reader, int index, int count, string method)
    {
        if (index >= count)
        {
            return _isOptional ? _default : throw FormatterErrors.MissingArgument(Describe(method), count);
        }

        if (NotNull && reader.TryReadNil())
        {
            throw FormatterErrors.NilRead(Describe(method), reader.Position);
        }

        return _formatter.Read(ref reader);
    }

    /// <summary>Converts a boxed argument to the type of the parameter.</summary>
    /// <exception cref="ArgumentException">The value is not of the type.</exception>
    internal T Unbox(object? value) => value switch
    {
        T typed => typed,
        null when default(T) is null => default!,
        _ => throw new ArgumentException(
            $"Expected a value of type {typeof(T)} for the argument {Name}, got {value?.GetType().ToString() ?? "null"}. Values are not "
            + "converted.",
            nameof(value)),
    };

    private string Describe(string method) => $"the argument {Name} of {method}";
}
