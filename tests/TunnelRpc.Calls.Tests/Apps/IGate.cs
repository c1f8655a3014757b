namespace TunnelRpc.Calls.Tests.Apps;

/// <summary>A server's contract for tests of applications.</summary>
[TunnelService(Callback = typeof(IGuest))]
public partial interface IGate
{
    /// <summary>The number of the implementation that the call runs on.</summary>
    Task<int> InstanceAsync(CancellationToken cancellationToken = default);

    Task<string> WhoAsync(CancellationToken cancellationToken = default);

    Task<string> GreetBackAsync(string name, CancellationToken cancellationToken = default);

    Task HoldAsync(CancellationToken cancellationToken = default);
}
