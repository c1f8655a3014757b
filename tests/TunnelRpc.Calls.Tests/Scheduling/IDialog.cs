namespace TunnelRpc.Calls.Tests.Scheduling;

/// <summary>An object that a screen passes by reference.</summary>
[TunnelService]
public partial interface IDialog
{
    Task<string[]> ShowAsync(CancellationToken cancellationToken = default);
}
