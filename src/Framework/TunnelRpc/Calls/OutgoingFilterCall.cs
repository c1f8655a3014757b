namespace TunnelRpc.Calls;

/// <summary>A call that this side makes, with filters around it.</summary>
internal sealed class OutgoingFilterCall<TArgs, TInput, TResult> : FilterCall<TArgs, TInput, TResult>
{
    private readonly TunnelInvoker _target;
    private readonly TunnelCallOptions? _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<TunnelInvoker, TArgs, TInput, CancellationToken, ValueTask<TResult>> _invoke;
    private TunnelHeaders? _headers;

    // How long the call may take from _since on; null for any time.
    private TimeSpan? _deadline;
    private long _since;

    /// <param name="target">Makes the call, without filters and options.</param>
    /// <param name="options">What holds for the call; null for nothing.</param>
    /// <param name="timeProvider">The clock of the deadline.</param>
    /// <param name="method">The method.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="input">The stream that is a parameter.</param>
    /// <param name="invoke">Makes the call through an invoker.</param>
    /// <param name="observe">Wraps a stream that comes back; null when there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public OutgoingFilterCall(
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
        _invoke = invoke;
        _deadline = CallSettings.DeadlineOf(options, method);
        _since = timeProvider.GetTimestamp();
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
                    _headers.ReplaceBy(given);
                }
            }

            return _headers;
        }
    }

    public override TimeSpan? Deadline
    {
        get => _deadline is TimeSpan time && time - _timeProvider.GetElapsedTime(_since) is var left ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : null;
        set
        {
            _deadline = TunnelCallOptions.CheckDeadline(value);
            _since = _timeProvider.GetTimestamp();
        }
    }

    public override object? Service => null;

    protected override ValueTask<TResult> CallAsync(TArgs args, TInput input)
    {
        TunnelCallOptions? options = _options;
        if (_headers is not null)
        {
            options = (options ?? new TunnelCallOptions()) with { Headers = _headers };
        }

        if (Deadline is TimeSpan left)
        {
            // Of a repetition too: all of them together have the one deadline.
            options = left > TimeSpan.Zero
                ? (options ?? new TunnelCallOptions()) with { Deadline = left }
                : throw new TunnelException(TunnelStatus.DeadlineExceeded, $"{Method} was not called again: its deadline has passed.");
        }

        return _invoke(options is null ? _target : _target.With(options), args, input, CancellationToken);
    }
}
