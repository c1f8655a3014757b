using Microsoft.Extensions.Logging;

namespace TunnelRpc.AspNetCore;

/// <summary>The log messages of the request handler.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(1, LogLevel.Information, "A {Transport} request from {RemoteEndPoint} was not accepted as a connection: {Reason}")]
    public static partial void RequestNotAccepted(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "[AllowAnonymous] has no effect at {Path} for {Methods}: the path itself requires authorization, so no anonymous client can "
            + "connect. Map the path without RequireAuthorization, or serve these methods at another path.")]
    public static partial void AnonymousMethodsClosed(ILogger logger, string path, string methods);
}
