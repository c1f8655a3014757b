using System.Numerics;
using NodaTime;
using TunnelRpc;
using TunnelRpc.Generators.Tests.RoundTrip;
using TunnelRpc.Serialization;

[assembly: TunnelFormatter(typeof(Instant), typeof(InstantFormatter))]
[assembly: TunnelSurrogate(typeof(Duration), typeof(NodaTimeConversions))]
[assembly: TunnelSurrogate(typeof(LocalDate), typeof(NodaTimeConversions))]
[assembly: TunnelSurrogate(typeof(DateTimeZone), typeof(NodaTimeConversions))]
[assembly: TunnelSurrogate(typeof(ZonedDateTime), typeof(ZonedDateTimeData))]

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Formats an instant as the timestamp of MessagePack, which has its precision.</summary>
internal sealed class InstantFormatter : ITunnelFormatter<Instant>
{
    public static readonly InstantFormatter Instance = new();

    private InstantFormatter()
    {
    }

    public void Write(ref MessagePackWriter writer, Instant value)
    {
        long seconds = value.ToUnixTimeSeconds();
        writer.WriteTimestamp(seconds, (uint)(value - Instant.FromUnixTimeSeconds(seconds)).SubsecondNanoseconds);
    }

    public Instant Read(ref MessagePackReader reader)
    {
        reader.ReadTimestamp(out long seconds, out uint nanoseconds);
        return seconds >= Instant.MinValue.ToUnixTimeSeconds() && seconds <= Instant.MaxValue.ToUnixTimeSeconds()
            ? Instant.FromUnixTimeSeconds(seconds).PlusNanoseconds(nanoseconds)
            : throw new MessagePackException($"Expected an instant of the years -9998 to 9999, got {seconds} s since 1970.");
    }
}

/// <summary>Formats an instant as whole seconds, where a member or parameter says so.</summary>
internal sealed class UnixSecondsFormatter(ITunnelFormatter<long> seconds) : ITunnelFormatter<Instant>
{
    public void Write(ref MessagePackWriter writer, Instant value) => seconds.Write(ref writer, value.ToUnixTimeSeconds());

    public Instant Read(ref MessagePackReader reader) => Instant.FromUnixTimeSeconds(seconds.Read(ref reader));
}

internal static class NodaTimeConversions
{
    public static BigInteger ToSurrogate(Duration value) => value.ToBigIntegerNanoseconds();

    public static Duration FromSurrogate(BigInteger value) => Duration.FromNanoseconds(value);

    public static DateOnly ToSurrogate(LocalDate value) => value.ToDateOnly();

    public static LocalDate FromSurrogate(DateOnly value) => LocalDate.FromDateOnly(value);

    public static string ToSurrogate(DateTimeZone value) => value.Id;

    public static DateTimeZone FromSurrogate(string value) => DateTimeZoneProviders.Tzdb[value];
}

internal readonly record struct ZonedDateTimeData(Instant Instant, DateTimeZone Zone)
{
    public static ZonedDateTimeData ToSurrogate(ZonedDateTime value) => new(value.ToInstant(), value.Zone);

    public static ZonedDateTime FromSurrogate(ZonedDateTimeData value) => new(value.Instant, value.Zone);
}

/// <summary>Formats the items as an array, with the formatter of the items.</summary>
internal sealed class BagFormatter<T>(ITunnelFormatter<T> inner) : ITunnelFormatter<Bag<T>>
{
    public void Write(ref MessagePackWriter writer, Bag<T> value)
    {
        T[] items = [.. value.Take()];
        writer.IncrementDepth();
        writer.WriteArrayHeader(items.Length);
        foreach (T item in items)
        {
            inner.Write(ref writer, item);
        }

        writer.DecrementDepth();
    }

    public Bag<T> Read(ref MessagePackReader reader)
    {
        reader.IncrementDepth();
        int count = reader.ReadArrayHeader();
        List<T> items = [];
        for (int i = 0; i < count; i++)
        {
            items.Add(inner.Read(ref reader));
        }

        reader.DecrementDepth();
        return new Bag<T>([.. items]);
    }
}
