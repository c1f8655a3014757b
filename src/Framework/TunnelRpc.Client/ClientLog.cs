using Microsoft.Extensions.Logging;

namespace TunnelRpc.Client;

/// <summary>The log messages of the client.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "{Report}")]
    public static partial void Connected(ILogger logger, PathReport report);

    [LoggerMessage(2, LogLevel.Warning, "{Report}")]
    public static partial void ConnectFailed(ILogger logger, PathReport report);

    [LoggerMessage(
        3, LogLevel.Warning, "Session {Session}: the path over {Transport} has made no progress for {Time}. Trying other transports.")]
    public static partial void PathStalled(ILogger logger, string session, string transport, TimeSpan time);

    [LoggerMessage(4, LogLevel.Information, "Session {Session} migrated from {From} to {To}.")]
    public static partial void SessionMigrated(ILogger logger, string session, string from, string to);

    [LoggerMessage(
        5,
        LogLevel.Warning,
        "Session {Session}: the path over {Transport} was disconnected. Trying to resume on another path. Reason: {Reason}")]
    public static partial void PathDisconnected(ILogger logger, string session, string transport, string? reason);

    [LoggerMessage(6, LogLevel.Information, "Session {Session} resumed over {Transport}.")]
    public static partial void SessionResumed(ILogger logger, string session, string transport);

    [LoggerMessage(7, LogLevel.Error, "A handler of StateChanged failed at the change to {State}.")]
    public static partial void StateHandlerFailed(ILogger logger, Exception error, TunnelClientState state);

    [LoggerMessage(8, LogLevel.Warning, "AddressResolver, AccessTokenProvider or the proxy settings failed: {Reason}")]
    public static partial void EndpointResolutionFailed(ILogger logger, string reason);

    [LoggerMessage(
        9,
        LogLevel.Warning,
        "The client was disposed, but its callbacks, its connect attempt or its connections have not ended within {Timeout} "
            + "(ShutdownTimeout). They continue to run. Check that the callbacks observe their CancellationToken.")]
    public static partial void ShutdownTimedOut(ILogger logger, TimeSpan timeout);

    [LoggerMessage(
        10,
        LogLevel.Error,
        "A cancellation callback of AddressResolver, AccessTokenProvider or a transport failed when the client was disposed.")]
    public static partial void CancellationCallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(11, LogLevel.Warning, "Session {Session}: {Reason} The client tries again until the authentication expires.")]
    public static partial void RefreshFailed(ILogger logger, string session, string reason);
}
