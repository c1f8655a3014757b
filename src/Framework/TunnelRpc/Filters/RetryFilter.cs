using System.Runtime.ExceptionServices;
using Polly;
using Polly.Retry;

namespace TunnelRpc.Filters;

/// <summary>
/// Repeats calls that failed for a reason that may pass: <see cref="TunnelStatus.Unavailable"/>,
/// <see cref="TunnelStatus.ResourceExhausted"/> or <see cref="TunnelStatus.Aborted"/>. Only calls made from this side, of
/// methods that are <see cref="IdempotentAttribute"/> and have no stream in either direction; all others pass through. The
/// delays grow exponentially. A call is not repeated when its deadline would pass before. Thread-safe.
/// </summary>
public sealed class RetryFilter : ITunnelFilter
{
    private static readonly ResiliencePropertyKey<TunnelFilterContext> CallKey = new("TunnelRpc.Call");

    private readonly ResiliencePipeline _pipeline;

    /// <summary>Repeats as <paramref name="options"/> say; three times when not given.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RetryFilter(RetryFilterOptions? options = null)
    {
        options ??= new RetryFilterOptions();
        options.Validate();
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = static args => new ValueTask<bool>(args.Outcome.Exception is TunnelException
                {
                    Status: TunnelStatus.Unavailable or TunnelStatus.ResourceExhausted or TunnelStatus.Aborted,
                }),
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = options.Delay,
                MaxDelay = options.MaxDelay,
                UseJitter = options.UseJitter,
                OnRetry = static args =>
                {
                    // Better the failure now than the deadline's later.
                    if (args.Context.Properties.GetValue(CallKey, null!).RemainingTime <= args.RetryDelay && args.Outcome.Exception is { } failure)
                    {
                        ExceptionDispatchInfo.Throw(failure);
                    }

                    return default;
                },
            })
            .Build();
    }

    /// <inheritdoc/>
    public ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return context is { Direction: TunnelCallDirection.Outgoing, Method.IsIdempotent: true, HasInputStream: false, HasResultStream: false }
            ? RetryAsync(context, next)
            : next(context);
    }

    private async ValueTask RetryAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ResilienceContext resilience = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, context.CancellationToken);
        try
        {
            resilience.Properties.Set(CallKey, context);
            await _pipeline.ExecuteAsync(static (_, call) => call.next(call.context), resilience, (context, next)).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(resilience);
        }
    }
}
