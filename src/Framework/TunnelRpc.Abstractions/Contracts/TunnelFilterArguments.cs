namespace TunnelRpc;

/// <summary>
/// A call's arguments, as filters see them: boxed, without the cancellation token and the stream, in the contract's order.
/// Not thread-safe. Every member throws <see cref="NotSupportedException"/> for a method that was not generated.
/// </summary>
public abstract class TunnelFilterArguments
{
    private protected TunnelFilterArguments()
    {
    }

    /// <summary>How many there are.</summary>
    public int Count => Names.Count;

    /// <summary>The parameters' names, in their order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>An argument by its place. Setting replaces it for the filters behind this one and for the call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such argument.</exception>
    /// <exception cref="ArgumentException">Setting: the parameter is of another type.</exception>
    public abstract object? this[int index] { get; set; }

    /// <summary>An argument by its parameter's name in C#.</summary>
    /// <exception cref="ArgumentException">There is no such argument; or, setting, the parameter is of another type.</exception>
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

        throw new ArgumentException($"There is no argument {name}. There {(Names.Count == 0 ? "are none" : "are " + string.Join(", ", Names))}.", nameof(name));
    }
}
