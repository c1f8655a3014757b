namespace TunnelRpc.Calls;

/// <summary>The context of an outgoing call for its filters. Each call of next makes the call once more. Not thread-safe.</summary>
internal sealed class OutgoingFilteredCall<TArgs, TInput, TResult> : FilteredCall<TArgs, TInput, TResult>
{
    private readonly TunnelInvoker _target;
    private readonly TunnelCallOptions? _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<TResult>> _invokeTarget;
    private TunnelHeaders? _headers;

    // The time that the call may take, from _timeoutStart on; null for any time.
    private TimeSpan? _timeout;
    private long _timeoutStart;

    /// <param name="target">Makes the call; it has neither filters nor options.</param>
    /// <param name="options">The options of the call; null for none.</param>
    /// <param name="timeProvider">The clock of the timeout.</param>
    /// <param name="method">The method.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that the method takes.</param>
    /// <param name="invoke">Makes the call through an invoker.</param>
    /// <param name="observe">Adds an observer of the end to the stream that the method returns; null when it returns none.</param>
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
                // A copy: all calls of the stub share its headers.
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
        get
        {
            if (_timeout is not TimeSpan timeout)
            {
                return null;
            }

            TimeSpan remaining = timeout - _timeProvider.GetElapsedTime(_timeoutStart);
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }

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

        if (RemainingTime is TimeSpan remaining)
        {
            // A retry gets the remaining time only: all attempts share one deadline.
            options = remaining > TimeSpan.Zero
                ? (options ?? new TunnelCallOptions()) with { Timeout = remaining }
                : throw new TunnelException(TunnelStatus.DeadlineExceeded, $"{Method} was not called again: its deadline has passed.");
        }

        return _invokeTarget(options is null ? _target : _target.With(options), args, input, CancellationToken);
    }
}
