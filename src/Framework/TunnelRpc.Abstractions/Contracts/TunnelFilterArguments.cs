namespace TunnelRpc;

/// <summary>
/// The arguments of a call, as filters see them: boxed, in declaration order, without the cancellation token and the stream.
/// Not thread-safe.
/// </summary>
/// <remarks>Every member throws <see cref="NotSupportedException"/> if the method was not created by generated code.</remarks>
public abstract class TunnelFilterArguments
{
    private protected TunnelFilterArguments()
    {
    }

    /// <summary>The number of arguments.</summary>
    public int Count => Names.Count;

    /// <summary>The names of the parameters, in declaration order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>
    /// The argument at <paramref name="index"/>. Setting it replaces the argument for the following filters and for the call.
    /// </summary>
    /// <param name="index">The zero-based index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no argument at <paramref name="index"/>.</exception>
    /// <exception cref="ArgumentException">When setting: the value is not of the parameter's type.</exception>
    public abstract object? this[int index] { get; set; }

    /// <summary>The argument of the parameter with this C# name (case-sensitive).</summary>
    /// <param name="name">The parameter's name.</param>
    /// <exception cref="ArgumentException">
    /// There is no parameter of this name; or, when setting, the value is not of the parameter's type.
    /// </exception>
    public object? this[string name]
    {
        get => this[IndexOf(name)];
        set => this[IndexOf(name)] = value;
    }

    private int IndexOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
            {
                return i;
            }
        }

        string arguments = Names.Count == 0 ? "The method has no arguments" : "The arguments are " + string.Join(", ", Names);
        throw new ArgumentException($"Expected the name of an argument, got {name}. {arguments}.", nameof(name));
    }
}
