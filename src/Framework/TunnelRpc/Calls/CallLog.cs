using Microsoft.Extensions.Logging;

namespace TunnelRpc.Calls;

/// <summary>The log messages of the call layer.</summary>
internal static partial class CallLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed with an unhandled exception (session {Session}).")]
    public static partial void CallFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(2, LogLevel.Error, "The scope of {Method} failed to dispose (session {Session}).")]
    public static partial void ScopeDisposalFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(3, LogLevel.Error, "A cancellation callback of {Method} failed (session {Session}).")]
    public static partial void CancellationCallbackFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(
        5,
        LogLevel.Warning,
        "{Method} failed with the fault {Fault}, which it does not declare, so only status and message are sent. "
            + "Declare it with [TunnelFault(typeof({Fault}))] (session {Session}).")]
    public static partial void FaultNotDeclared(ILogger logger, string method, string fault, string session);

    [LoggerMessage(6, LogLevel.Error, "An object that was passed to the peer failed to dispose after its release (session {Session}).")]
    public static partial void ReleaseFailed(ILogger logger, Exception error, string session);

    [LoggerMessage(
        7,
        LogLevel.Warning,
        "The session {Session} ended while its peer held {Count} references that it had not released. They are released now.")]
    public static partial void ReferencesNotReleased(ILogger logger, int count, string session);

    [LoggerMessage(
        8,
        LogLevel.Warning,
        "{Count} calls or stream items have waited for more than a second, because the peer runs as many calls of this session as it "
            + "allows ({MaxConcurrentCalls}, its limit MaxConcurrentCalls), or holds as many bytes of arguments, or of items that its "
            + "application does not read, as it allows ({MaxPendingCallBytes}, its limit MaxPendingCallBytes). Logged at most once a "
            + "minute (session {Session}).")]
    public static partial void LongWaits(ILogger logger, int count, int maxConcurrentCalls, int maxPendingCallBytes, string session);

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "{Count} one-way broadcasts were dropped, because the client does not take them as fast as they are made. Logged at most once a "
            + "minute (session {Session}).")]
    public static partial void BroadcastsDropped(ILogger logger, int count, string session);

    [LoggerMessage(13, LogLevel.Warning, "The session {Session} was ended, because it did not take a broadcast within {Timeout}.")]
    public static partial void SlowSessionEnded(ILogger logger, string session, TimeSpan timeout);

    [LoggerMessage(4, LogLevel.Warning, "A one-way call was refused (session {Session}): {Reason}")]
    public static partial void OneWayRefused(ILogger logger, string session, string reason);

    [LoggerMessage(
        11,
        LogLevel.Warning,
        "{Count} calls of the closed session {Session} have not ended within {Timeout} (ShutdownTimeout) after they were cancelled. "
            + "They continue to run. Check that they observe their CancellationToken.")]
    public static partial void CallsNotEnded(ILogger logger, int count, string session, TimeSpan timeout);

    [LoggerMessage(
        10,
        LogLevel.Error,
        "The arguments of {Method} could not be decoded: a constructor or a setter of their types threw (session {Session}).")]
    public static partial void ArgumentsUndecodable(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(
        9,
        LogLevel.Error,
        "{Method} was not run: the SynchronizationContext or TaskScheduler of the callback accepts no work (session {Session}).")]
    public static partial void SchedulingFailed(ILogger logger, Exception error, string method, string session);
}
