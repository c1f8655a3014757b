using Microsoft.Extensions.Logging;

namespace TunnelRpc.AspNetCore;

/// <summary>The log messages of the request handler.</summary>
internal static partial class RequestLog
{
    [LoggerMessage(1, LogLevel.Information, "A {Transport} request from {RemoteEndPoint} was not accepted as a connection: {Reason}")]
    public static partial void RequestNotAccepted(ILogger logger, string transport, string? remoteEndPoint, string reason);

    [LoggerMessage(
        3,
        LogLevel.Warning,
        "The process may open {Descriptors} files and connections only (ulimit -n). Raise that limit, or call "
            + "builder.WebHost.UseTunnelRpcConnectionLimit(): a .NET process without free descriptors may end.")]
    public static partial void FewDescriptors(ILogger logger, long descriptors);

    [LoggerMessage(
        4, LogLevel.Error, "A {Transport} request from {RemoteEndPoint} was refused, because the id of its user could not be determined.")]
    public static partial void UserIdSelectorFailed(ILogger logger, Exception error, string transport, string? remoteEndPoint);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "[AllowAnonymous] has no effect at {Path} for {Methods}: the path itself requires authorization, so no anonymous client can "
            + "connect. Map the path without RequireAuthorization, or serve these methods at another path.")]
    public static partial void AnonymousMethodsClosed(ILogger logger, string path, string methods);
}
