using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Hosting;

/// <summary>The log messages of the server, in the category "TunnelRpc.Gateway.Hosting".</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} request to {Name}: the application failed with an unhandled exception.")]
    public static partial void ApplicationFailed(ILogger logger, Exception error, string method, string name);

    [LoggerMessage(2, LogLevel.Debug, "{Method} request to {Name}: the request was aborted, and the application has ended.")]
    public static partial void RequestAborted(ILogger logger, string method, string name);

    [LoggerMessage(3, LogLevel.Debug, "{Method} request to {Name} was refused: {Reason}")]
    public static partial void BadRequest(ILogger logger, string method, string name, string reason);

    [LoggerMessage(4, LogLevel.Error, "{Method} request to {Name}: the host could not create or dispose the context of the request.")]
    public static partial void HostFailed(ILogger logger, Exception error, string method, string name);

    [LoggerMessage(5, LogLevel.Error, "{Method} request to {Name}: a callback of RequestAborted failed.")]
    public static partial void AbortCallbackFailed(ILogger logger, Exception error, string method, string name);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "No gateway serves this application yet: {Reason} The server has started nevertheless, and claims its names as soon as it can "
            + "(StartTimeout is {Timeout}).")]
    public static partial void StartTimedOut(ILogger logger, string reason, TimeSpan timeout);

    [LoggerMessage(
        7, LogLevel.Warning, "The shutdown limit of the host has passed, and requests still run. They are aborted with the session.")]
    public static partial void DrainTimedOut(ILogger logger);
}
