using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The arguments of one call, boxed on demand.</summary>
internal sealed class FilterArguments<TArgs>(TunnelMethod method, TArgs args) : TunnelFilterArguments
{
    // A boxed copy of Value; null when it was not generated.
    private ITunnelArguments<TArgs>? _accessor = args as ITunnelArguments<TArgs>;

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
        $"The arguments of {method} cannot be reached by filters: {typeof(TArgs)} was written by hand. Those of a generated contract can.");
}
