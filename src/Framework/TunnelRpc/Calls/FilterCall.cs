using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One call with filters around it.</summary>
/// <typeparam name="TArgs">The arguments.</typeparam>
/// <typeparam name="TInput">The stream that is a parameter; <see cref="Unit"/> for none.</typeparam>
/// <typeparam name="TResult">The result, the stream that comes back, or <see cref="Unit"/> for nothing.</typeparam>
internal abstract class FilterCall<TArgs, TInput, TResult> : TunnelFilterContext
{
    private readonly FilterArguments<TArgs> _arguments;
    private readonly Func<TResult, Action<Exception?>, TResult>? _observe;
    private TInput _input;
    private TResult _result = default!;
    private bool _called;
    private bool _hasAnswer;

    /// <param name="method">The method.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that is a parameter.</param>
    /// <param name="observe">Wraps a stream that comes back; null when there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    protected FilterCall(
        TunnelMethod method,
        TunnelCallDirection direction,
        TArgs args,
        TInput input,
        Func<TResult, Action<Exception?>, TResult>? observe,
        CancellationToken cancellationToken)
        : base(method, direction, cancellationToken)
    {
        _arguments = new FilterArguments<TArgs>(method, args);
        _input = input;
        _observe = observe;
    }

    public override TunnelFilterArguments Arguments => _arguments;

    public override bool HasInputStream => typeof(TInput) != typeof(Unit);

    public override bool HasResult => typeof(TResult) != typeof(Unit);

    public override bool HasResultStream => _observe is not null;

    public override object? InputStream
    {
        get => HasInputStream ? _input : null;
        set => _input = HasInputStream && value is TInput input
            ? input
            : throw new ArgumentException(
                HasInputStream ? $"{Method} takes a stream of the type {typeof(TInput)}, got {value?.GetType().ToString() ?? "null"}." : $"{Method} takes no stream.",
                nameof(value));
    }

    public override object? Result
    {
        get => HasResult ? _result : null;
        set
        {
            if (value is not TResult && (value is not null || (HasResult && (default(TResult) is not null || HasResultStream))))
            {
                throw new ArgumentException(
                    HasResult ? $"{Method} returns {typeof(TResult)}, got {value?.GetType().ToString() ?? "null"}. Values are not converted." : $"{Method} returns nothing, got {value!.GetType()}.",
                    nameof(value));
            }

            _result = value is TResult result ? result : default!;
            _hasAnswer = true;
        }
    }

    public override void OnStreamEnded(Action<Exception?> ended)
    {
        ArgumentNullException.ThrowIfNull(ended);
        if (_observe is null || !_hasAnswer)
        {
            throw new InvalidOperationException(_observe is null
                ? $"{Method} returns no stream: its call is over when the next filter has completed."
                : $"The stream of {Method} is not there yet: call next before OnStreamEnded.");
        }

        _result = _observe(_result, ended);
    }

    /// <summary>Runs the filters, the call at their end.</summary>
    public async ValueTask<TResult> RunAsync(FilterPipeline pipeline)
    {
        await pipeline.Start(this).ConfigureAwait(false);
        return _hasAnswer || !HasResult
            ? _result
            : throw new InvalidOperationException($"A filter answered {Method} without a result. Expected it to call next, or to set Result to a value of the type {typeof(TResult)}.");
    }

    internal sealed override async ValueTask CallAsync()
    {
        if (_called && HasInputStream)
        {
            throw new InvalidOperationException($"A filter called next twice for {Method}, which takes a stream: that can be read only once, so the call cannot be repeated.");
        }

        _called = true;
        _result = await CallAsync(_arguments.Value, _input).ConfigureAwait(false);
        _hasAnswer = true;
    }

    protected abstract ValueTask<TResult> CallAsync(TArgs args, TInput input);
}
