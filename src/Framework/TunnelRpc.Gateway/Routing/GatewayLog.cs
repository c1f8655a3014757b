using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Routing;

/// <summary>The log messages of the gateway. Names are checked before they are logged; texts of clients are not logged.</summary>
internal static partial class GatewayLog
{
    public const string Category = "TunnelRpc.Gateway";

    [LoggerMessage(1, LogLevel.Information, "The name {Name} is claimed by a {Owner} over {Dialect} from {RemoteEndPoint}.")]
    public static partial void NameClaimed(ILogger logger, string name, string owner, string dialect, string? remoteEndPoint);

    [LoggerMessage(2, LogLevel.Information, "The claim of the name {Name} over {Dialect} from {RemoteEndPoint} has ended.")]
    public static partial void NameReleased(ILogger logger, string name, string dialect, string? remoteEndPoint);

    [LoggerMessage(3, LogLevel.Warning, "A claim of the name {Name} from {RemoteEndPoint} was refused: {Reason}")]
    public static partial void ClaimRefused(ILogger logger, string name, string? remoteEndPoint, string reason);

    [LoggerMessage(4, LogLevel.Information, "A {Dialect} origin of the name {Name} gave no response: {Reason}")]
    public static partial void OriginFailed(ILogger logger, string name, string dialect, string reason);

    [LoggerMessage(5, LogLevel.Warning, "A request for the name {Name} was refused (limit {Limit}).")]
    public static partial void LimitReached(ILogger logger, string name, string limit);
}
