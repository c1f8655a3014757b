using Microsoft.Extensions.Logging;

namespace TunnelRpc.Calls;

/// <summary>What the call layer logs.</summary>
internal static partial class CallLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} failed with an unhandled exception (session {Session}).")]
    public static partial void CallFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(2, LogLevel.Error, "Disposing what {Method} used failed (session {Session}).")]
    public static partial void ScopeDisposalFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(3, LogLevel.Error, "A cancellation callback of {Method} failed (session {Session}).")]
    public static partial void CancellationCallbackFailed(ILogger logger, Exception error, string method, string session);

    [LoggerMessage(4, LogLevel.Warning, "A one-way call was refused (session {Session}): {Reason}")]
    public static partial void OneWayRefused(ILogger logger, string session, string reason);
}
