using Microsoft.Extensions.Logging;

namespace TunnelRpc.Hosting;

/// <summary>The log messages of a server.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Session {Session} started over {Transport} from {RemoteEndPoint}.")]
    public static partial void SessionStarted(ILogger logger, string session, string transport, string? remoteEndPoint);

    [LoggerMessage(2, LogLevel.Information, "Session {Session} ended.")]
    public static partial void SessionEnded(ILogger logger, string session);

    [LoggerMessage(3, LogLevel.Information, "A handshake over {Transport} from {RemoteEndPoint} failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(4, LogLevel.Warning, "A session over {Transport} from {RemoteEndPoint} was refused: {Reason}")]
    public static partial void SessionRefused(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(15, LogLevel.Information, "A session over {Transport} from {RemoteEndPoint} was refused, because the server stops.")]
    public static partial void SessionRefusedByStop(ILogger logger, string transport, string? remoteEndPoint);

    [LoggerMessage(16, LogLevel.Error, "A handshake over {Transport} from {RemoteEndPoint} was refused, because an exception was thrown.")]
    public static partial void HandshakeThrew(ILogger logger, Exception error, string transport, string? remoteEndPoint);

    [LoggerMessage(
        5,
        LogLevel.Warning,
        "{Count} sessions have not ended within {Timeout} (ShutdownTimeout) after the server cancelled their calls.")]
    public static partial void ShutdownTimedOut(ILogger logger, int count, TimeSpan timeout);

    [LoggerMessage(6, LogLevel.Information, "Session {Session} migrated to {Transport} from {RemoteEndPoint}.")]
    public static partial void SessionMigrated(ILogger logger, string session, string transport, string? remoteEndPoint);

    [LoggerMessage(
        7,
        LogLevel.Information,
        "The path of session {Session} over {Transport} was disconnected. The session waits for another path.")]
    public static partial void PathDisconnected(ILogger logger, string session, string transport);

    [LoggerMessage(
        8,
        LogLevel.Warning,
        "Session {Session} was aborted. It used {Bytes} bytes of memory and had been inactive for {Inactivity}. {Reason}")]
    public static partial void SessionAborted(ILogger logger, string session, long bytes, TimeSpan inactivity, string reason);

    [LoggerMessage(
        9,
        LogLevel.Error,
        "The search for sessions to abort failed. The sessions use more memory than MaxTotalBufferedBytes allows.")]
    public static partial void SweepFailed(ILogger logger, Exception error);

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "Calls of {Count} sessions still run {Timeout} (ShutdownTimeout) after the start of the shutdown. The server cancels the calls.")]
    public static partial void DrainTimedOut(ILogger logger, int count, TimeSpan timeout);

    [LoggerMessage(
        11,
        LogLevel.Warning,
        "{Count} sessions without running calls have not answered DRAIN {Timeout} (ShutdownTimeout) after the start of the shutdown. "
            + "The server closes them.")]
    public static partial void DrainNotAnswered(ILogger logger, int count, TimeSpan timeout);

    [LoggerMessage(
        17,
        LogLevel.Warning,
        "Session {Session} was ended. It had been without a path for {Duration}, for the longest of more than {Limit} sessions (limit "
            + "{LimitName}).")]
    public static partial void SessionWithoutPathEnded(ILogger logger, string session, TimeSpan duration, int limit, string limitName);

    [LoggerMessage(12, LogLevel.Error, "{Observer} failed to handle an event of session {Session}.")]
    public static partial void ObserverFailed(ILogger logger, Exception error, string observer, string session);

    [LoggerMessage(13, LogLevel.Error, "The observers of sessions could not be created. No observer is notified.")]
    public static partial void ObserversNotCreated(ILogger logger, Exception error);

    [LoggerMessage(
        14, LogLevel.Warning, "Observers of sessions have not handled all events {Timeout} (ShutdownTimeout) after the sessions ended.")]
    public static partial void ObserversTimedOut(ILogger logger, TimeSpan timeout);
}
