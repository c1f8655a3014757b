namespace TunnelRpc.Server.Tests.Shares;

/// <summary>A contract whose calls last until the test releases them.</summary>
[TunnelService(Name = "Warehouse")]
public partial interface IWarehouse
{
    /// <summary>Keeps the bytes; returns their number.</summary>
    ValueTask<int> StoreAsync(byte[] bytes, CancellationToken cancellationToken = default);

    /// <summary>Returns its argument.</summary>
    ValueTask<int> CountAsync(int value);

    /// <summary>Keeps the bytes; has no reply.</summary>
    [OneWay]
    ValueTask DropAsync(byte[] bytes);

    /// <summary>Returns new bytes.</summary>
    ValueTask<byte[]> MakeAsync(int size);

    /// <summary>Returns an object by reference.</summary>
    ValueTask<IShelf> OpenShelfAsync();

    /// <summary>Items of this many bytes, without an end.</summary>
    IAsyncEnumerable<byte[]> GiveAsync(int size, CancellationToken cancellationToken = default);
}
