using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The arguments of one call, boxed when a filter reads them. Not thread-safe.</summary>
internal sealed class FilterArguments<TArgs>(TunnelMethod method, TArgs args) : TunnelFilterArguments
{
    /// <summary>The arguments with the changes of the filters.</summary>
    public TArgs Value { get; private set; } = args;

    public override IReadOnlyList<string> Names => typeof(TArgs) == typeof(Unit) ? [] : Formatter.Names;

    public override object? this[int index]
    {
        get => Formatter.Get(Value, index);
        set => Value = Formatter.With(Value, index, value);
    }

    private ArgumentTupleFormatter<TArgs> Formatter => method.UntypedArgumentsFormatter as ArgumentTupleFormatter<TArgs>
        ?? throw new NotSupportedException(
            $"Filters cannot access the arguments of {method}: its contract was not generated. Use a generated contract.");
}
