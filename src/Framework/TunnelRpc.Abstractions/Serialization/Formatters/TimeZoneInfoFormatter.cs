using System.Buffers;
using System.ComponentModel;
using System.Text;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats a <see cref="TimeZoneInfo"/> as text: its id. Reading finds the time zone of the platform with this id.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class TimeZoneInfoFormatter : ITunnelFormatter<TimeZoneInfo>
{
    /// <summary>The shared instance.</summary>
    public static readonly TimeZoneInfoFormatter Instance = new();

    private TimeZoneInfoFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, TimeZoneInfo value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(TimeZoneInfo));
        }

        if (!IsWellFormed(value.Id))
        {
            WriteFailure.ThrowUnsupportedName("a time zone with an id of IANA or Windows", value.Id);
        }

        writer.Write(value.Id);
    }

    /// <inheritdoc/>
    public TimeZoneInfo Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(TimeZoneInfo));
        int start = reader.Position;
        string id = Encoding.ASCII.GetString(NumberText.Read(ref reader, Expected));
        if (!IsWellFormed(id) || !TimeZoneInfo.TryFindSystemTimeZoneById(id, out TimeZoneInfo? value))
        {
            ReadFailure.ThrowMalformed(Expected, start);
            return null!;
        }

        return value;
    }

    private const string Expected = "the id of a time zone that is known here";

    // The ids of IANA and of Windows: "Europe/Berlin", "Etc/GMT+5", "Central Standard Time (Mexico)".
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-. ()");

    // Decision: docs/adr/0081-more-types-of-the-platform.md
    // On Unix, .NET opens the file that the id names, and caches the time zone by the id. It refuses paths out of the database of time
    // zones, which this check does not rely on, but accepts any number of slashes between two parts, which would fill the cache.
    private static bool IsWellFormed(string id) =>
        id.Length is > 0 and <= MessagePackLimits.MaxNumberTextBytes
        && !id.AsSpan().ContainsAnyExcept(Allowed)
        && !id.StartsWith('/')
        && !id.Contains("//", StringComparison.Ordinal)
        && !id.Contains("./", StringComparison.Ordinal)
        && !id.Contains("..", StringComparison.Ordinal);
}
