using Microsoft.Extensions.Logging;
using TunnelRpc.Client.Negotiation;

namespace TunnelRpc.Client;

/// <summary>What the client logs.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "{Report}")]
    public static partial void Connected(ILogger logger, PathReport report);

    [LoggerMessage(2, LogLevel.Warning, "{Report}")]
    public static partial void ConnectFailed(ILogger logger, PathReport report);
}
