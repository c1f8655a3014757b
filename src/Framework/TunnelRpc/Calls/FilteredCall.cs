using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>The context of one call for its filters. Not thread-safe.</summary>
/// <typeparam name="TArgs">The arguments.</typeparam>
/// <typeparam name="TInput">The stream that the method takes; <see cref="Unit"/> for none.</typeparam>
/// <typeparam name="TResult">The result or the stream that the method returns; <see cref="Unit"/> for none.</typeparam>
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
    /// <param name="input">The stream that the method takes.</param>
    /// <param name="observeStreamEnd">Adds an observer of the end to the stream that the method returns; null when it returns none.</param>
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
                HasInputStream
                    ? $"{Method} takes a stream of the type {typeof(TInput)}, got {value?.GetType().ToString() ?? "null"}."
                    : $"{Method} takes no stream.",
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
                    HasResult
                        ? $"{Method} returns {typeof(TResult)}, got {value?.GetType().ToString() ?? "null"}. Values are not converted."
                        : $"{Method} returns no result, got {value!.GetType()}.",
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
                ? $"{Method} returns no stream: its call has ended when next has completed."
                : $"The stream of {Method} does not exist yet. Call next before OnStreamEnded.");
        }

        _result = _observeStreamEnd(_result, callback);
    }

    /// <summary>Runs the filters; the innermost one makes the call.</summary>
    /// <exception cref="InvalidOperationException">The filters returned without a result of a method that has one.</exception>
    public async ValueTask<TResult> RunAsync(FilterPipeline pipeline)
    {
        await pipeline.EntryPoint(this).ConfigureAwait(false);
        return _hasResultValue || !HasResult
            ? _result
            : throw new InvalidOperationException(
                $"A filter of {Method} returned without a result. "
                    + $"Expected it to call next, or to set Result to a value of the type {typeof(TResult)}.");
    }

    internal sealed override async ValueTask CallAsync()
    {
        if (_wasInvoked && HasInputStream)
        {
            throw new InvalidOperationException(
                $"A filter called next twice for {Method}, which takes a stream. "
                    + "The stream can be read only once, so the call cannot be retried.");
        }

        _wasInvoked = true;
        _result = await InvokeTargetAsync(_arguments.Value, _input).ConfigureAwait(false);
        _hasResultValue = true;
    }

    /// <summary>Makes or serves the call.</summary>
    protected abstract ValueTask<TResult> InvokeTargetAsync(TArgs args, TInput input);
}
