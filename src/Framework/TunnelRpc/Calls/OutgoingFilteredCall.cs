namespace TunnelRpc.Calls;

/// <summary>A call that this side makes, with filters around it.</summary>
internal sealed class OutgoingFilteredCall<TArgs, TInput, TResult> : FilteredCall<TArgs, TInput, TResult>
{
    private readonly TunnelInvoker _target;
    private readonly TunnelCallOptions? _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<TResult>> _invokeTarget;
    private TunnelHeaders? _headers;

    // How long the call may take from _since on; null for any time.
    private TimeSpan? _timeout;
    private long _timeoutStart;

    /// <param name="target">Makes the call, without filters and options.</param>
    /// <param name="options">What holds for the call; null for nothing.</param>
    /// <param name="timeProvider">The clock of the deadline.</param>
    /// <param name="method">The method.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that is a parameter.</param>
    /// <param name="invoke">Makes the call through an invoker.</param>
    /// <param name="observe">Wraps a stream that comes back; null when there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public OutgoingFilteredCall(
        TunnelInvoker target,
        TunnelCallOptions? options,
        TimeProvider timeProvider,
        TunnelMethod method,
        TArgs args,
        TInput input,
        Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<TResult>> invoke,
        Func<TResult, Action<Exception?>, TResult>? observe,
        CancellationToken cancellationToken)
        : base(method, TunnelCallDirection.Outgoing, args, input, observe, cancellationToken)
    {
        _target = target;
        _options = options;
        _timeProvider = timeProvider;
        _invokeTarget = invoke;
        _timeout = CallSettings.GetEffectiveTimeout(options, method);
        _timeoutStart = timeProvider.GetTimestamp();
    }

    public override TunnelHeaders Headers
    {
        get
        {
            if (_headers is null)
            {
                // The stub's headers are those of its other calls, too.
                _headers = [];
                if (_options?.Headers is { } given)
                {
                    _headers.ReplaceWith(given);
                }
            }

            return _headers;
        }
    }

    public override TimeSpan? RemainingTime
    {
        get => _timeout is TimeSpan time && time - _timeProvider.GetElapsedTime(_timeoutStart) is var left ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : null;
        set
        {
            _timeout = TunnelCallOptions.ValidateTimeout(value);
            _timeoutStart = _timeProvider.GetTimestamp();
        }
    }

    public override object? Service => null;

    protected override ValueTask<TResult> InvokeTargetAsync(TArgs args, TInput input)
    {
        TunnelCallOptions? options = _options;
        if (_headers is not null)
        {
            options = (options ?? new TunnelCallOptions()) with { Headers = _headers };
        }

        if (RemainingTime is TimeSpan left)
        {
            // Of a repetition too: all of them together have the one deadline.
            options = left > TimeSpan.Zero
                ? (options ?? new TunnelCallOptions()) with { Timeout = left }
                : throw new TunnelException(TunnelStatus.DeadlineExceeded, $"{Method} was not called again: its deadline has passed.");
        }

        return _invokeTarget(options is null ? _target : _target.With(options), args, input, CancellationToken);
    }
}
