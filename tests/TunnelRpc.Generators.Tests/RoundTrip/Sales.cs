using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Generic types, nested types and nested contracts.</summary>
[SuppressMessage("Design", "CA1034", Justification = "The tests need nested types.")]
public static partial class Sales
{
    public sealed record Order(string Article, int Count);

    /// <summary>A result whose data is null in case of an error, whatever its type argument.</summary>
    public sealed record Answer<T>(T Data, string? Error)
    {
        public T? Hint { get; init; }

        public T Other { get; set; } = default!;
    }

    /// <summary>A type whose type parameter excludes null.</summary>
    public sealed record Certain<T>(T Value)
        where T : notnull;

    public sealed record Page<T>(IReadOnlyList<T> Items, T? First, Page<T>? Next = null);

    public readonly record struct Keyed<TKey, TValue>(TKey Key, TValue Value)
        where TKey : struct;

    public static class Box<T>
    {
        public sealed record Lid(T Inside);

        public sealed record Lined<TLining>(T Inside, TLining Lining);
    }

    /// <summary>A contract nested in a class.</summary>
    [TunnelService]
    public partial interface IPages
    {
        Task<Page<Order>> Echo(Page<Order> page);

        Task<Page<Page<Order?>>> Nested(Page<Page<Order?>> page);

        Task<Dictionary<string, Page<int>>> Map(Dictionary<string, Page<int>> map);

        Task<Keyed<Guid, Page<Order>>?> Struct(Keyed<Guid, Page<Order>>? keyed);

        Task<Page<(int Number, Order? Order)>> Tuples(Page<(int Number, Order? Order)> page);

        Task<Box<Order>.Lid> Lid(Box<Order>.Lid lid);

        Task<Box<int>.Lined<Page<string>>> Lined(Box<int>.Lined<Page<string>> lined);

        Task<Answer<Order>> Answer(Answer<Order> answer);

        Task<Certain<Order>> Certain(Certain<Order> certain);

        IAsyncEnumerable<Page<Order>> Stream(IAsyncEnumerable<Page<Order>> pages);
    }

    /// <summary>A struct that contains a contract.</summary>
    public partial struct Region
    {
        /// <summary>A contract at the second nesting level, with nested types.</summary>
        [TunnelService]
        public partial interface IOffice
        {
            Task<Desk> Echo(Desk desk);

            sealed record Desk(Kind Kind, Desk? Next);

            enum Kind
            {
                Low,
                High,
            }
        }
    }
}
