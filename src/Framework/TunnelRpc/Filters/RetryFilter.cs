using TunnelRpc.Scheduling;

namespace TunnelRpc.Filters;

// Decision: docs/adr/0039-no-polly-in-the-runtime.md
/// <summary>
/// Retries calls that fail with a transient status: <see cref="TunnelStatus.Unavailable"/>, <see cref="TunnelStatus.ResourceExhausted"/> or
/// <see cref="TunnelStatus.Aborted"/>. Retries only outgoing calls of methods that are <see cref="IdempotentAttribute"/> and have no stream
/// in either direction; all other calls pass through. Delays grow exponentially, as <see cref="RetryFilterOptions"/> say. A call is not
/// retried when its remaining time is not longer than the delay, or when it was cancelled: its last failure is thrown. When the call is
/// cancelled during a delay, an <see cref="OperationCanceledException"/> is thrown. Thread-safe.
/// </summary>
public sealed class RetryFilter : ITunnelFilter
{
    private readonly int _maxRetries;
    private readonly TimeSpan _delay;
    private readonly TimeSpan _maxDelay;
    private readonly Random? _jitter;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a filter. It copies the options; later changes of them have no effect.</summary>
    /// <param name="options">The number of retries and their delays; null for the defaults of <see cref="RetryFilterOptions"/>.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public RetryFilter(RetryFilterOptions? options = null)
    {
        options ??= new RetryFilterOptions();
        options.Validate();
        _maxRetries = options.MaxRetries;
        _delay = options.Delay;
        _maxDelay = options.MaxDelay;
        _jitter = options.UseJitter ? Random.Shared : null;
        _timeProvider = options.TimeProvider;
    }

    /// <inheritdoc/>
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        bool mayRetry = context is
        {
            Direction: TunnelCallDirection.Outgoing,
            Method.IsIdempotent: true,
            HasInputStream: false,
            HasResultStream: false,
        };
        return mayRetry ? RetryAsync(context, next) : next(context);
    }

    private async ValueTask RetryAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        // The token of the filters outside of this one. A filter inside may set another one, for its own attempt.
        CancellationToken cancellationToken = context.CancellationToken;
        cancellationToken.ThrowIfCancellationRequested();
        Backoff? backoff = null;
        for (int retries = 0; ; retries++)
        {
            TimeSpan delay;
            try
            {
                await next(context).ConfigureAwait(false);
                return;
            }
            catch (TunnelException failure)
                when (IsTransient(failure) && retries < _maxRetries && !cancellationToken.IsCancellationRequested)
            {
                backoff ??= new Backoff(_delay, _maxDelay, _jitter);
                delay = backoff.NextDelay();
                if (context.RemainingTime <= delay)
                {
                    // The failure now is better than DeadlineExceeded later.
                    throw;
                }
            }

            await Task.Delay(delay, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsTransient(TunnelException failure) =>
        failure.Status is TunnelStatus.Unavailable or TunnelStatus.ResourceExhausted or TunnelStatus.Aborted;
}
