using Microsoft.Extensions.Logging;

namespace TunnelRpc.Authorization;

internal static partial class AuthorizationLog
{
    [LoggerMessage(1, LogLevel.Information, "A call of {Method} in session {SessionId} was refused with {Status}: {Reason}.")]
    public static partial void CallRefused(ILogger logger, string method, string sessionId, TunnelStatus status, string reason);
}
