using Microsoft.Extensions.Logging;

namespace TunnelRpc.Hosting;

/// <summary>What the server logs.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Session {Session} started over {Transport} from {RemoteEndPoint}.")]
    public static partial void SessionStarted(ILogger logger, string session, string transport, string? remoteEndPoint);

    [LoggerMessage(2, LogLevel.Information, "Session {Session} ended.")]
    public static partial void SessionEnded(ILogger logger, string session);

    [LoggerMessage(3, LogLevel.Information, "A handshake over {Transport} from {RemoteEndPoint} did not become a session: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(4, LogLevel.Warning, "A session over {Transport} from {RemoteEndPoint} was refused: {Reason}")]
    public static partial void SessionRefused(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Count} sessions had not ended {Timeout} after the server began to stop (ShutdownTimeout).")]
    public static partial void ShutdownTimedOut(ILogger logger, int count, TimeSpan timeout);

    [LoggerMessage(6, LogLevel.Information, "Session {Session} moved to {Transport} from {RemoteEndPoint}.")]
    public static partial void SessionMigrated(ILogger logger, string session, string transport, string? remoteEndPoint);

    [LoggerMessage(7, LogLevel.Information, "Session {Session} has lost its path over {Transport}, and waits for another one.")]
    public static partial void PathDisconnected(ILogger logger, string session, string transport);

    [LoggerMessage(8, LogLevel.Warning, "Session {Session} was ended, which held {Held} bytes and was not heard of for {Silence}: {Reason}")]
    public static partial void SessionAborted(ILogger logger, string session, long held, TimeSpan silence, string reason);

    [LoggerMessage(9, LogLevel.Error, "Looking for sessions to end, since all of them held too much memory, failed.")]
    public static partial void SweepFailed(ILogger logger, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "Calls of {Count} sessions still ran {Timeout} after the server began to stop (ShutdownTimeout); they are cancelled.")]
    public static partial void DrainTimedOut(ILogger logger, int count, TimeSpan timeout);
}
