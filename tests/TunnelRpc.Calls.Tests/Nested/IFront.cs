namespace TunnelRpc.Calls.Tests.Nested;

/// <summary>A service whose methods call the caller's <see cref="IBack"/>.</summary>
[TunnelService(Callback = typeof(IBack))]
public partial interface IFront
{
    /// <summary>Does not handle the failure of the callback.</summary>
    Task<string> ForwardAsync(TunnelStatus status, CancellationToken cancellationToken = default);

    /// <summary>Handles the failure: throws an exception of its own with the status.</summary>
    Task<string> TranslateAsync(TunnelStatus status);

    /// <summary>Yields one item, then calls back.</summary>
    IAsyncEnumerable<string> StreamAsync(TunnelStatus status);

    [TunnelFault(typeof(OutOfStock))]
    Task<string> OrderAsync();

    /// <summary>Like <see cref="OrderAsync"/>, but the fault of the callback is not declared.</summary>
    Task<string> OrderUndeclaredAsync();
}
