using Microsoft.Extensions.Logging;
using TunnelRpc.Logging;

namespace TunnelRpc.Filters;

/// <summary>
/// Logs each call when it has ended, outgoing and incoming: direction, method, status and duration in milliseconds. The duration of a call
/// that returns a stream includes the whole stream. Successful calls are logged at level Information, failed and cancelled calls at level
/// Warning, with their exception. Arguments and results are never logged. Thread-safe.
/// </summary>
/// <param name="logger">The log.</param>
/// <param name="timeProvider">The clock of the durations; null for <see cref="TimeProvider.System"/>.</param>
public sealed partial class LoggingFilter(ILogger<LoggingFilter> logger, TimeProvider? timeProvider = null) : ITunnelFilter
{
    // The application asks for an entry for each call, so that only the texts are guarded, not the number.
    private readonly GuardedLogger _logger = new(logger, limiter: null);
    private readonly TimeProvider _clock = timeProvider ?? TimeProvider.System;

    /// <inheritdoc/>
    public async ValueTask InvokeAsync(TunnelFilterContext context, TunnelFilterNext next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        long start = _clock.GetTimestamp();
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log(context, start, error);
            throw;
        }

        if (context.HasResultStream)
        {
            context.OnStreamEnded(error => Log(context, start, error));
        }
        else
        {
            Log(context, start, null);
        }
    }

    private void Log(TunnelFilterContext context, long start, Exception? error)
    {
        double milliseconds = _clock.GetElapsedTime(start).TotalMilliseconds;
        if (error is null)
        {
            Succeeded(context.Direction, context.Method, milliseconds);
            return;
        }

        TunnelStatus status = error switch
        {
            TunnelException failed => failed.Status,
            OperationCanceledException when context.CancellationToken.IsCancellationRequested => TunnelStatus.Cancelled,
            _ => TunnelStatus.Internal,
        };
        Failed(error, context.Direction, context.Method, status, milliseconds);
    }

    [LoggerMessage(1, LogLevel.Information, "{Direction} {Method} ended with Ok after {Milliseconds} ms.")]
    private partial void Succeeded(TunnelCallDirection direction, TunnelMethod method, double milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Direction} {Method} ended with {Status} after {Milliseconds} ms.")]
    private partial void Failed(
        Exception error, TunnelCallDirection direction, TunnelMethod method, TunnelStatus status, double milliseconds);
}
