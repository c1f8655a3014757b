using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.HttpSocks;

/// <summary>The log messages of httpsock. None has the id of a session.</summary>
internal static partial class HttpSockLog
{
    [LoggerMessage(201, LogLevel.Error, "The handler of httpsock session {Number} has failed. The stream to the client is broken.")]
    public static partial void HandlerFailed(ILogger logger, Exception error, long number);

    [LoggerMessage(202, LogLevel.Warning, "A client at {RemoteEndPoint} got no httpsock session: the limit {Limit} is reached.")]
    public static partial void LimitReached(ILogger logger, string? remoteEndPoint, string limit);

    [LoggerMessage(203, LogLevel.Error, "An httpsock request from {RemoteEndPoint} was refused: the id of its user is not known.")]
    public static partial void UserIdSelectorFailed(ILogger logger, Exception error, string? remoteEndPoint);
}
