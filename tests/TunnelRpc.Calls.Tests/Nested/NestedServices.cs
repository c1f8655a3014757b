namespace TunnelRpc.Calls.Tests.Nested;

/// <summary>The service, and the callback that it calls.</summary>
/// <param name="back">The stub of the callback.</param>
internal sealed class NestedServices(Func<IBack> back) : IFront, IBack
{
    public const string Secret = "the backend's own words";

    public Task<string> ForwardAsync(TunnelStatus status, CancellationToken cancellationToken) =>
        back().FailAsync(status, cancellationToken);

    public async Task<string> TranslateAsync(TunnelStatus status)
    {
        try
        {
            return await back().FailAsync(status);
        }
        catch (TunnelException error)
        {
            throw new TunnelException(error.Status, "translated", error);
        }
    }

    public async IAsyncEnumerable<string> StreamAsync(TunnelStatus status)
    {
        yield return "first";
        yield return await back().FailAsync(status);
    }

    Task<string> IFront.OrderAsync() => back().OrderAsync();

    public Task<string> OrderUndeclaredAsync() => back().OrderAsync();

    async Task<string> IBack.FailAsync(TunnelStatus status, CancellationToken cancellationToken)
    {
        if (status == TunnelStatus.Ok)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        throw new TunnelException(status, Secret);
    }

    Task<string> IBack.OrderAsync() => throw new TunnelFaultException<OutOfStock>(new OutOfStock("bolt", 3, []));
}
