using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Calls.Tests.Contracts;

/// <summary>
/// The second version of a contract, served beside the first. Inherits one base twice and a closed generic base; its signatures use every
/// supported feature.
/// </summary>
[TunnelService(Name = "shop.v2")]
[SuppressMessage("Design", "CA1068", Justification = "The test needs a token before other parameters.")]
public partial interface IShop : IStock, IRepository<IShop.Item>, IReadable
{
    Task<string> OrderAsync(string article, int count = 3, Size size = Size.Large, string? note = null);

    [Obsolete("Use OrderAsync.")]
    [TunnelMethod(Name = "buy")]
    Task<string> BuyAsync(Item item);

    Task<Page<Dictionary<string, Item>>> SearchAsync(CancellationToken cancellationToken, Page<int> page);

    Task<string> BlockAsync(string name, CancellationToken cancellationToken, int number);

    Task<string> JoinAsync(
        int a, string b, bool c, double d, char e, long f, Guid g, byte h, decimal i, string? j, int? k, uint l, short m, float n, ulong o,
            Size p);

    /// <summary>A nested enum.</summary>
    enum Size
    {
        /// <summary>Small.</summary>
        Small,

        /// <summary>Large.</summary>
        Large,
    }

    /// <summary>A nested record.</summary>
    sealed record Item(string Name, int Count);

    /// <summary>A nested generic record.</summary>
    sealed record Page<T>(int Number, List<T> Content);
}
