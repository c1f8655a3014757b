using TunnelRpc.Generators.Analysis;
using Xunit;

namespace TunnelRpc.Generators.Tests.Analyzers;

/// <summary>TRPC0215: dictionaries and sets whose keys have hash codes that a peer can predict.</summary>
public sealed class KeyHashAnalyzerTests
{
    private const string Types = """
        public enum Kind { None }
        public readonly record struct Place(int X, int Y);
        public readonly record struct OrderId(Guid Value);
        public sealed record Person(string Name, int Age);
        public struct Bits { public int A { get; set; } public string B { get; set; } }
        public sealed class Entity
        {
            public int Id { get; set; }
            public string Name { get; set; } = "";
            public override int GetHashCode() => Id;
            public override bool Equals(object? other) => other is Entity e && e.Id == Id;
        }

        public readonly record struct Name(string Value);
        public sealed record FullName(string First, Name Last, bool IsFormer);
        public readonly record struct Seeded(int X, Kind Kind, string Text)
        {
            public override int GetHashCode() => HashCode.Combine(X, Kind, Text);
        }

        public readonly record struct Collided(Guid Id)
        {
            public override int GetHashCode() => HashCode.Combine(Id);
        }

        public sealed class ByName
        {
            public int Id { get; set; }
            public string Name { get; set; } = "";
            public override int GetHashCode() => Name.GetHashCode();
            public override bool Equals(object? other) => other is ByName b && b.Name == Name;
        }

        public sealed class Identity { public int Id { get; set; } }

        """;

    [Theory]
    [InlineData("Task A(Dictionary<Place, int> {|TRPC0215:map|});")]
    [InlineData("Task A(IReadOnlyDictionary<OrderId, int> {|TRPC0215:map|});")]
    [InlineData("Task A(HashSet<Person> {|TRPC0215:set|});")]
    [InlineData("Task A(ISet<Entity> {|TRPC0215:set|});")]
    [InlineData("Task A(FrozenDictionary<Bits, int> {|TRPC0215:map|});")]
    [InlineData("Task A(ILookup<Collided, int> {|TRPC0215:map|});")]
    [InlineData("Task A(Dictionary<(string, Place), int> {|TRPC0215:map|});")]
    [InlineData("Task A(List<Dictionary<Place, int>[]> {|TRPC0215:maps|});")]
    [InlineData("Task A(IAsyncEnumerable<HashSet<Place>> {|TRPC0215:sets|});")]
    [InlineData(
        "Task A(Holder h); Task B(Holder h);",
        "public class Holder { public Dictionary<Place, int>? {|TRPC0215:Map|} { get; set; } }")]
    [InlineData(
        "Task A(Holder<HashSet<Place>> {|TRPC0215:h|});",
        "public class Holder<T> { public T? Value { get; set; } public List<T>? Values { get; set; } }")]
    [InlineData("Task A(Holder h);", "public record Holder(Holder? Next, HashSet<Place> {|TRPC0215:Set|});")]
    [InlineData(
        "Task A(Shape s);",
        "[TunnelUnion(0, typeof(Many))] public abstract record Shape; "
            + "public sealed record Many(HashSet<Place> {|TRPC0215:Set|}) : Shape;")]
    public Task Predictable_keys_are_reported(string methods, string types = "") => VerifyAsync(methods, types);

    [Fact]
    public Task Predictable_keys_in_the_result_of_a_callback_are_reported() => RuleVerifier.VerifyAsync<KeyHashAnalyzer>(
        Types + "[TunnelService(Callback = typeof(IBack))] public partial interface IA { Task<HashSet<Place>> AAsync(); } "
        + "[TunnelService] public partial interface IBack { Task<HashSet<Place>> {|TRPC0215:BAsync|}(); }");

    [Theory]
    [InlineData("Task A(Dictionary<string, Place> a, Dictionary<int, int> b, HashSet<Guid> c, Dictionary<Kind, int> d);")]
    [InlineData("Task A(Dictionary<Name, int> a, HashSet<FullName> b);")]
    [InlineData("Task A(Dictionary<Seeded, int> a);")]
    [InlineData("Task A(Dictionary<ByName, int> a, HashSet<Identity> b);")]
    [InlineData("Task A(SortedDictionary<Place, int> a, SortedSet<Place> b, List<Place> c, KeyValuePair<Place, int>[] d);")]
    [InlineData("Task A(Dictionary<(int, string), int> a, HashSet<Uri> b);")]
    [InlineData("Task<Dictionary<Place, int>> A();")]
    [InlineData("Task A(int a);", "public class Unused { public Dictionary<Place, int>? Map { get; set; } }")]
    [InlineData("Task A(Holder h);", "public class Holder { [TunnelIgnore] public Dictionary<Place, int>? Map { get; set; } }")]
    public Task Protected_keys_are_not_reported(string methods, string types = "") => VerifyAsync(methods, types);

    private static Task VerifyAsync(string methods, string types) => RuleVerifier.VerifyAsync<KeyHashAnalyzer>(
        $"{Types}[TunnelService] public partial interface IA {{ {methods} }} {types}");
}
