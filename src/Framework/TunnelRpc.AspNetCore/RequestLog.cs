using Microsoft.Extensions.Logging;

namespace TunnelRpc.AspNetCore;

/// <summary>What is logged of requests that do not become a connection.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(1, LogLevel.Information, "A {Transport} request from {RemoteEndPoint} did not become a connection: {Reason}")]
    public static partial void RequestNotAccepted(ILogger logger, string transport, string? remoteEndPoint, string reason);
}
