using Microsoft.Extensions.Logging;

namespace TunnelRpc.Diagnostics;

/// <summary>The log messages about versions of contracts, of both sides.</summary>
internal static partial class ContractLog
{
    /// <summary>Logs the differences, as a warning if one of them breaks a peer. Nothing if there are none.</summary>
    /// <param name="logger">The log.</param>
    /// <param name="contract">The contract's name on the wire.</param>
    /// <param name="result">The differences.</param>
    public static void Differs(ILogger logger, string contract, ContractComparisonResult result)
    {
        string differences = string.Join(' ', result.Differences);
        if (result.IsBreaking)
        {
            DiffersBreaking(logger, contract, differences);
        }
        else if (result.Differences.Count > 0)
        {
            DiffersHarmlessly(logger, contract, differences);
        }
    }

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "Client and server have different versions of the contract {Contract}, and calls may fail. "
            + "With the client's version as the older one: {Differences}")]
    private static partial void DiffersBreaking(ILogger logger, string contract, string differences);

    [LoggerMessage(
        2,
        LogLevel.Information,
        "Client and server have different versions of the contract {Contract}. With the client's version as the older one: {Differences}")]
    private static partial void DiffersHarmlessly(ILogger logger, string contract, string differences);

    [LoggerMessage(
        3, LogLevel.Information, "Client and server have different versions of the contract {Contract}. They were not compared: {Reason}")]
    public static partial void NotCompared(ILogger logger, string contract, string reason);
}
