using Microsoft.Extensions.Logging;

namespace TunnelRpc.AspNetCore;

/// <summary>The log messages of the request handler.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(1, LogLevel.Information, "A {Transport} request from {RemoteEndPoint} was not accepted as a connection: {Reason}")]
    public static partial void RequestNotAccepted(ILogger logger, string transport, string? remoteEndPoint, string reason);
}
