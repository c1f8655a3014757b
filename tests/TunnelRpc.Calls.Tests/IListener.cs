namespace TunnelRpc.Calls.Tests;

/// <summary>A service that is passed as an argument.</summary>
[TunnelService]
public partial interface IListener
{
    Task<string> EchoAsync(string text, CancellationToken cancellationToken = default);

    [OneWay]
    ValueTask NextAsync(int value);
}
