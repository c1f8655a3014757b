using Microsoft.Extensions.Logging;

namespace TunnelRpc.Gateway.Client;

/// <summary>The log messages of origins.</summary>
internal static partial class GatewayClientLog
{
    [LoggerMessage(1, LogLevel.Information, "The name {Name} is claimed. It is reached at {PublicAddress}.")]
    public static partial void NameClaimed(ILogger logger, string name, Uri publicAddress);

    [LoggerMessage(2, LogLevel.Warning, "The gateway has refused the name {Name}: {Reason} The claim is tried again.")]
    public static partial void NameRefused(ILogger logger, string name, string reason);

    [LoggerMessage(3, LogLevel.Information, "The claim of the name {Name} has failed: {Reason} It is tried again.")]
    public static partial void ClaimFailed(ILogger logger, string name, string reason);

    [LoggerMessage(4, LogLevel.Debug, "The name {Name} was not released: {Reason} The end of the session releases it.")]
    public static partial void ReleaseFailed(ILogger logger, string name, string reason);

    [LoggerMessage(5, LogLevel.Error, "A handler of the application has failed for the name {Name}.")]
    public static partial void HandlerFailed(ILogger logger, Exception error, string name);

    [LoggerMessage(6, LogLevel.Warning, "The origin {Address} of the name {Name} is not reachable: {Reason}")]
    public static partial void OriginUnreachable(ILogger logger, string name, Uri address, string reason);

    [LoggerMessage(7, LogLevel.Warning, "The origin {Address} of the name {Name} has failed: {Reason}")]
    public static partial void OriginFailed(ILogger logger, string name, Uri address, string reason);
}
