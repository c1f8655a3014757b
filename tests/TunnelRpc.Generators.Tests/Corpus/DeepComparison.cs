using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TunnelRpc.Generators.Tests.Corpus;

/// <summary>
/// Compares a value with what was read for it, without use of the code under test: all instance fields of the types of the corpus, also
/// private ones and those of base classes; the elements of collections; other types by <see cref="object.Equals(object)"/>.
/// </summary>
/// <param name="isOfCorpus">Whether an assembly declares types of the corpus.</param>
internal sealed class DeepComparison(Predicate<Assembly> isOfCorpus)
{
    private static readonly Type[] UnorderedTypes =
    [
        typeof(ISet<>), typeof(IReadOnlySet<>), typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>),
        typeof(System.Collections.Concurrent.ConcurrentBag<>), typeof(ILookup<,>),
    ];

    /// <summary>Returns the differences, each with its path; nothing if the values are equal.</summary>
    public IEnumerable<string> Compare(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null)
        {
            return expected is null && actual is null ? [] : Different(expected, actual, path);
        }

        if (IsOfCorpus(expected))
        {
            return expected.GetType() != actual.GetType()
                ? Different(expected.GetType(), actual.GetType(), path)
                : CorpusFields.Of(expected.GetType())
                    .SelectMany(f => Compare(f.GetValue(expected), f.GetValue(actual), $"{path}.{f.Name}"));
        }

        if (ElementsOf(expected) is not { } elements)
        {
            return AreEqual(expected, actual) ? [] : Different(expected, actual, path);
        }

        if (ElementsOf(actual) is not { } others)
        {
            return Different(expected, actual, path);
        }

        return elements.Count != others.Count ? Different($"{elements.Count} elements", $"{others.Count}", path)
            : IsUnordered(expected.GetType()) ? CompareUnordered(elements, others, path)
            : elements.Zip(others).SelectMany((pair, i) => Compare(pair.First, pair.Second, $"{path}[{i}]"));
    }

    /// <summary>Returns whether the value is an object of a type of the corpus, whose fields are compared.</summary>
    public bool IsOfCorpus(object value) =>
        value is not (Enum or Array)
        && isOfCorpus(value.GetType().Assembly)
        // The compiler implements collection expressions by types in the assembly.
        && !value.GetType().Name.StartsWith('<');

    /// <summary>Returns the elements of a collection or tuple; null for another value.</summary>
    public static IReadOnlyList<object?>? ElementsOf(object value)
    {
        Type type = value.GetType();
        Type? generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return value switch
        {
            string or StringBuilder or JsonNode or JsonElement or JsonDocument => null,
            ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(i => tuple[i])],
            Array { Rank: > 1 } array =>
                [string.Join('×', Enumerable.Range(0, array.Rank).Select(array.GetLength)), .. array.Cast<object?>()],
            IEnumerable group when GroupingOf(type) is { } grouping =>
                [grouping.GetProperty("Key")!.GetValue(value), .. group.Cast<object?>()],
            IEnumerable all => [.. all.Cast<object?>()],
            _ when generic == typeof(KeyValuePair<,>) => [Property(value, "Key"), Property(value, "Value")],
            _ when generic == typeof(Memory<>) || generic == typeof(ReadOnlyMemory<>) =>
                ElementsOf(type.GetMethod("ToArray")!.Invoke(value, null)!),
            _ when generic == typeof(System.Buffers.ReadOnlySequence<>) => ElementsOf(
                typeof(System.Buffers.BuffersExtensions).GetMethod("ToArray")!.MakeGenericMethod(type.GetGenericArguments())
                    .Invoke(null, [value])!),
            _ when generic == typeof(PriorityQueue<,>) => [.. ((IEnumerable)Property(value, "UnorderedItems")!).Cast<object?>()],
            _ => null,
        };
    }

    private static Type? GroupingOf(Type type) =>
        type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGrouping<,>));

    private static object? Property(object value, string name) => value.GetType().GetProperty(name)!.GetValue(value);

    private static bool IsUnordered(Type type) =>
        (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(PriorityQueue<,>))
        || type.GetInterfaces().Prepend(type).Any(i => i.IsGenericType && UnorderedTypes.Contains(i.GetGenericTypeDefinition()));

    private IEnumerable<string> CompareUnordered(IReadOnlyList<object?> elements, IReadOnlyList<object?> others, string path)
    {
        var remaining = new List<object?>(others);
        foreach (object? element in elements)
        {
            int index = remaining.FindIndex(other => !Compare(element, other, path).Any());
            if (index < 0)
            {
                return [$"{path}: the element {Show(element)} is missing"];
            }

            remaining.RemoveAt(index);
        }

        return [];
    }

    private static bool AreEqual(object expected, object actual) => (expected, actual) switch
    {
        // Equals ignores the kind of a time, the offset of a time, and the scale of a decimal.
        (DateTime a, DateTime b) => a.ToBinary() == b.ToBinary(),
        (DateTimeOffset a, DateTimeOffset b) => a.EqualsExact(b),
        (decimal a, decimal b) => decimal.GetBits(a).SequenceEqual(decimal.GetBits(b)),
        (StringBuilder a, StringBuilder b) => a.Equals(b),
        (JsonElement a, JsonElement b) => JsonElement.DeepEquals(a, b),
        (JsonDocument a, JsonDocument b) => JsonElement.DeepEquals(a.RootElement, b.RootElement),
        (JsonNode a, JsonNode b) => JsonNode.DeepEquals(a, b),
        _ => expected.Equals(actual),
    };

    private static IEnumerable<string> Different(object? expected, object? actual, string path) =>
        [$"{path}: expected {Show(expected)}, got {Show(actual)}"];

    private static string Show(object? value) => value?.ToString() ?? "null";
}
