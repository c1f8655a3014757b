using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One call with filters around it.</summary>
/// <typeparam name="TArgs">The arguments.</typeparam>
/// <typeparam name="TInput">The stream that is a parameter; <see cref="Unit"/> for none.</typeparam>
/// <typeparam name="TResult">The result, the stream that comes back, or <see cref="Unit"/> for nothing.</typeparam>
internal abstract class FilteredCall<TArgs, TInput, TResult> : TunnelFilterContext
{
    private readonly FilterArguments<TArgs> _arguments;
    private readonly Func<TResult, Action<Exception?>, TResult>? _observeStreamEnd;
    private TInput _input;
    private TResult _result = default!;
    private bool _wasInvoked;
    private bool _hasResultValue;

    /// <param name="method">The method.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that is a parameter.</param>
    /// <param name="observeStreamEnd">Wraps a stream that comes back; null when there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    protected FilteredCall(
        TunnelMethod method,
        TunnelCallDirection direction,
        TArgs args,
        TInput input,
        Func<TResult, Action<Exception?>, TResult>? observeStreamEnd,
        CancellationToken cancellationToken)
        : base(method, direction, cancellationToken)
    {
        _arguments = new FilterArguments<TArgs>(method, args);
        _input = input;
        _observeStreamEnd = observeStreamEnd;
    }

    public override TunnelFilterArguments Arguments => _arguments;

    public override bool HasInputStream => typeof(TInput) != typeof(Unit);

    public override bool HasResult => typeof(TResult) != typeof(Unit);

    public override bool HasResultStream => _observeStreamEnd is not null;

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
            _hasResultValue = true;
        }
    }

    public override void OnStreamEnded(Action<Exception?> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (_observeStreamEnd is null || !_hasResultValue)
        {
            throw new InvalidOperationException(_observeStreamEnd is null
                ? $"{Method} returns no stream: its call is over when the next filter has completed."
                : $"The stream of {Method} is not there yet: call next before OnStreamEnded.");
        }

        _result = _observeStreamEnd(_result, callback);
    }

    /// <summary>Runs the filters, the call at their end.</summary>
    public async ValueTask<TResult> RunAsync(FilterPipeline pipeline)
    {
        await pipeline.EntryPoint(this).ConfigureAwait(false);
        return _hasResultValue || !HasResult
            ? _result
            : throw new InvalidOperationException($"A filter answered {Method} without a result. Expected it to call next, or to set Result to a value of the type {typeof(TResult)}.");
    }

    internal sealed override async ValueTask CallAsync()
    {
        if (_wasInvoked && HasInputStream)
        {
            throw new InvalidOperationException($"A filter called next twice for {Method}, which takes a stream: that can be read only once, so the call cannot be repeated.");
        }

        _wasInvoked = true;
        _result = await InvokeTargetAsync(_arguments.Value, _input).ConfigureAwait(false);
        _hasResultValue = true;
    }

    protected abstract ValueTask<TResult> InvokeTargetAsync(TArgs args, TInput input);
}
