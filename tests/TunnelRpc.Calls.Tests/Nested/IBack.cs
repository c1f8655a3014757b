namespace TunnelRpc.Calls.Tests.Nested;

/// <summary>The callback of <see cref="IFront"/>.</summary>
[TunnelService]
public partial interface IBack
{
    Task<string> FailAsync(TunnelStatus status, CancellationToken cancellationToken = default);

    [TunnelFault(typeof(OutOfStock))]
    Task<string> OrderAsync();
}
