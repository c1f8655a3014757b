namespace TunnelRpc.Calls.Tests;

/// <summary>Passed as an argument.</summary>
[TunnelService]
public partial interface IListener
{
    Task<string> TellAsync(string text, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NextAsync(int value);
}
