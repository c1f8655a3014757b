using Microsoft.Extensions.Logging;

namespace TunnelRpc.Client;

/// <summary>What the client logs.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "{Report}")]
    public static partial void Connected(ILogger logger, PathReport report);

    [LoggerMessage(2, LogLevel.Warning, "{Report}")]
    public static partial void ConnectFailed(ILogger logger, PathReport report);

    [LoggerMessage(3, LogLevel.Warning, "Session {Session}: nothing has come through on {Transport} for {Time}; trying other transports.")]
    public static partial void PathStalled(ILogger logger, string session, string transport, TimeSpan time);

    [LoggerMessage(4, LogLevel.Information, "Session {Session} moved from {From} to {To}.")]
    public static partial void SessionMigrated(ILogger logger, string session, string from, string to);

    [LoggerMessage(5, LogLevel.Warning, "Session {Session} has lost its path over {Transport}, and looks for another one: {Reason}")]
    public static partial void PathDisconnected(ILogger logger, string session, string transport, string? reason);

    [LoggerMessage(6, LogLevel.Information, "Session {Session} goes on over {Transport}.")]
    public static partial void SessionResumed(ILogger logger, string session, string transport);

    [LoggerMessage(7, LogLevel.Error, "A handler of StateChanged has failed at {State}.")]
    public static partial void StateHandlerFailed(ILogger logger, Exception error, TunnelClientState state);

    [LoggerMessage(8, LogLevel.Warning, "The options of the client gave nothing to connect with: {Reason}")]
    public static partial void EndpointResolutionFailed(ILogger logger, string reason);
}
