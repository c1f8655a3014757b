using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>The second version, served beside the first: bases by two ways, a closed generic one, and whatever signatures may have.</summary>
[TunnelService(Name = "shop.v2")]
[SuppressMessage("Design", "CA1068", Justification = "A token may be anywhere.")]
public partial interface IShop : IStock, IRepository<IShop.Item>, IReadable
{
    Task<string> OrderAsync(string article, int count = 3, Size size = Size.Large, string? note = null);

    [Obsolete("Use OrderAsync.")]
    [TunnelMethod(Name = "buy")]
    Task<string> BuyAsync(Item item);

    Task<Page<Dictionary<string, Item>>> SearchAsync(CancellationToken cancellationToken, Page<int> page);

    Task<string> HoldAsync(string name, CancellationToken cancellationToken, int number);

    Task<string> JoinAsync(
        int a, string b, bool c, double d, char e, long f, Guid g, byte h, decimal i, string? j, int? k, uint l, short m, float n, ulong o, Size p);

    /// <summary>Nested.</summary>
    enum Size
    {
        /// <summary>Small.</summary>
        Small,

        /// <summary>Large.</summary>
        Large,
    }

    /// <summary>Nested.</summary>
    sealed record Item(string Name, int Count);

    /// <summary>Generic.</summary>
    sealed record Page<T>(int Number, List<T> Content);
}
