using System.ComponentModel;
using System.Runtime.CompilerServices;
using TunnelRpc.Serialization;

namespace TunnelRpc;

// Decision: docs/adr/0089-less-generated-code.md
/// <summary>
/// Reads and writes the arguments of a method as an array with one element for each parameter. Arguments that are missing at the end get
/// the defaults of their parameters, and additional elements are skipped, so that parameters can be added to a contract. Immutable. For
/// generated code only.
/// </summary>
/// <typeparam name="TArgs">A tuple with an item for each parameter, in the order of declaration.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ArgumentTupleFormatter<TArgs> : ITunnelFormatter<TArgs>
{
    private readonly string[] _names;

    private protected ArgumentTupleFormatter(string method, string[] names)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        Method = method;
        _names = names;
    }

    /// <summary>The names of the parameters, without the cancellation token and the stream.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The name of the method in C#, for error messages.</summary>
    private protected string Method { get; }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TArgs value)
    {
        writer.WriteArrayHeader(_names.Length);
        WriteItems(ref writer, in value);
    }

    /// <inheritdoc/>
    public TArgs Read(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        TArgs arguments = ReadItems(ref reader, 0, count);
        for (int i = _names.Length; i < count; i++)
        {
            reader.Skip();
        }

        return arguments;
    }

    /// <summary>Returns an argument, boxed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument at <paramref name="index"/>.</exception>
    internal object? Get(TArgs arguments, int index)
    {
        CheckIndex(index);
        return ((ITuple)arguments!)[index];
    }

    /// <summary>Returns a copy of the arguments in which the one at <paramref name="index"/> is another one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument at <paramref name="index"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="value"/> is not of the parameter's type.</exception>
    internal TArgs With(TArgs arguments, int index, object? value)
    {
        CheckIndex(index);
        SetItem(ref arguments, index, value);
        return arguments;
    }

    /// <summary>Writes the arguments without the header of the array.</summary>
    internal abstract void WriteItems(ref MessagePackWriter writer, in TArgs arguments);

    /// <summary>Reads the arguments.</summary>
    /// <param name="reader">The reader, after the header of the array.</param>
    /// <param name="first">The index of the first argument.</param>
    /// <param name="count">The number of arguments that were sent.</param>
    internal abstract TArgs ReadItems(ref MessagePackReader reader, int first, int count);

    /// <summary>Replaces an argument.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="index">The index of an argument.</param>
    /// <param name="value">The value, boxed.</param>
    internal abstract void SetItem(ref TArgs arguments, int index, object? value);

    private void CheckIndex(int index)
    {
        if ((uint)index >= (uint)_names.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(index),
                index,
                _names.Length == 0 ? "The method has no arguments." : $"Expected an index from 0 to {_names.Length - 1}.");
        }
    }
}
