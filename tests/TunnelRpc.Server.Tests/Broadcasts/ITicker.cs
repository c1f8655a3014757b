namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>What a member of a broadcast serves.</summary>
[TunnelService(Dispatch = TunnelDispatch.Ordered)]
public partial interface ITicker
{
    [OneWay]
    ValueTask TickAsync(int number, byte[] padding);

    [OneWay]
    ValueTask PriceAsync(CountedPrice price);

    /// <summary>Completes when the member has confirmed.</summary>
    Task ConfirmAsync(CancellationToken cancellationToken = default);

    Task<string> NameAsync(CancellationToken cancellationToken = default);
}

/// <summary>A value that counts how often it is encoded.</summary>
public sealed class CountedPrice
{
    [TunnelIgnore]
    public int EncodedCount { get; private set; }

    public string Text
    {
        get
        {
            EncodedCount++;
            return field;
        }

        set;
    } = "";
}
