namespace TunnelRpc.Server.Tests.Shares;

/// <summary>An object that the server passes by reference.</summary>
[TunnelService]
public partial interface IShelf
{
    /// <summary>Returns its argument.</summary>
    ValueTask<int> CountAsync(int value);
}
