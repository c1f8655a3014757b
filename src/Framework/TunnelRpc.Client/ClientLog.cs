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

    [LoggerMessage(3, LogLevel.Warning, "Session {Session}: nothing has come through on {Transport} for {Time}; trying other transports.")]
    public static partial void Stalled(ILogger logger, string session, string transport, TimeSpan time);

    [LoggerMessage(4, LogLevel.Information, "Session {Session} moved from {From} to {To}.")]
    public static partial void Moved(ILogger logger, string session, string from, string to);
}
