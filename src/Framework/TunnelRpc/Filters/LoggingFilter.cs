using Microsoft.Extensions.Logging;

namespace TunnelRpc.Filters;

/// <summary>
/// Logs each call when it is over: method, status, and how long it took, for a stream until its last element. Calls that
/// succeed as information, calls that fail as warnings, cancelled ones too; neither arguments nor results. Thread-safe.
/// </summary>
/// <param name="logger">Where to.</param>
/// <param name="timeProvider">The clock; the system's when not given.</param>
public sealed partial class LoggingFilter(ILogger<LoggingFilter> logger, TimeProvider? timeProvider = null) : ITunnelFilter
{
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
        double time = _clock.GetElapsedTime(start).TotalMilliseconds;
        if (error is null)
        {
            Succeeded(context.Direction, context.Method, time);
            return;
        }

        TunnelStatus status = error switch
        {
            TunnelException failed => failed.Status,
            OperationCanceledException when context.CancellationToken.IsCancellationRequested => TunnelStatus.Cancelled,
            _ => TunnelStatus.Internal,
        };
        Failed(error, context.Direction, context.Method, status, time);
    }

    [LoggerMessage(1, LogLevel.Information, "{Direction} {Method} ended with Ok after {Milliseconds} ms.")]
    private partial void Succeeded(TunnelCallDirection direction, TunnelMethod method, double milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Direction} {Method} ended with {Status} after {Milliseconds} ms.")]
    private partial void Failed(Exception error, TunnelCallDirection direction, TunnelMethod method, TunnelStatus status, double milliseconds);
}
