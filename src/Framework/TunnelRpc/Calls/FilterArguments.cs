using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The arguments of one call, boxed when a filter reads them. Not thread-safe.</summary>
internal sealed class FilterArguments<TArgs>(TunnelMethod method, TArgs args) : TunnelFilterArguments
{
    // A boxed copy of Value; null when its type was not generated.
    private ITunnelArguments<TArgs>? _accessor = args as ITunnelArguments<TArgs>;

    /// <summary>The arguments with the changes of the filters.</summary>
    public TArgs Value { get; private set; } = args;

    public override IReadOnlyList<string> Names => typeof(TArgs) == typeof(Unit) ? [] : Accessor.Names;

    public override object? this[int index]
    {
        get => Accessor.Get(index);
        set
        {
            Value = Accessor.With(index, value);
            _accessor = (ITunnelArguments<TArgs>)Value!;
        }
    }

    private ITunnelArguments<TArgs> Accessor => _accessor ?? throw new NotSupportedException(
        $"Filters cannot access the arguments of {method}: the type {typeof(TArgs)} was not generated. Use a generated contract.");
}
