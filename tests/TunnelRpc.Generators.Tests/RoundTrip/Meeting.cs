using NodaTime;

namespace TunnelRpc.Generators.Tests.RoundTrip;

public sealed record Meeting(
    Instant Start,
    Duration Length,
    DateTimeZone Zone,
    [TunnelFormatter(typeof(UnixSecondsFormatter))] Instant? Reminder = null,
    ZonedDateTime? Local = null)
{
    [TunnelSurrogate(typeof(TagsConversion))]
    public HashSet<string> Tags { get; init; } = [];
}

/// <summary>A set of tags as one string.</summary>
internal static class TagsConversion
{
    public static string ToSurrogate(HashSet<string> value) => string.Join(' ', value);

    public static HashSet<string> FromSurrogate(string value) => [.. value.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}

/// <summary>A type with private state and a formatter for every type argument.</summary>
[TunnelFormatter(typeof(BagFormatter<>))]
public sealed class Bag<T>(params T[] items)
{
    private readonly T[] _items = items;

    public IEnumerable<T> Take() => _items;
}

/// <summary>A type that contains itself, with a surrogate that contains it.</summary>
[TunnelSurrogate(typeof(OutlineData))]
public sealed class Outline(string title, params Outline[] parts)
{
    public string Describe() => parts.Length == 0 ? title : $"{title}({string.Join(",", parts.Select(part => part.Describe()))})";

    internal OutlineData ToData() => new(title, [.. parts]);
}

/// <summary>A surrogate with its own conversion methods.</summary>
internal sealed record OutlineData(string Title, List<Outline> Parts)
{
    internal static OutlineData ToSurrogate(Outline value) => value.ToData();

    internal static Outline FromSurrogate(OutlineData value) => new(value.Title, [.. value.Parts]);
}
