using NodaTime;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>
/// Types of NodaTime, whose formatters and surrogates attributes of this assembly name: as members, arguments, results, items of streams,
/// keys and elements. Each method returns its argument.
/// </summary>
[TunnelService]
public partial interface ISchedule
{
    Task<Meeting> MeetingAsync(Meeting value);

    Task<Instant?> WhenAsync(Instant? value);

    Task<DateTimeZone?> ZoneAsync(DateTimeZone? value);

    Task<List<DateTimeZone>> ZonesAsync(List<DateTimeZone> value);

#pragma warning disable TRPC0215 // The test is about the encoding.
    Task<Dictionary<LocalDate, List<Duration>>> PlanAsync(Dictionary<LocalDate, List<Duration>> value);
#pragma warning restore TRPC0215

    IAsyncEnumerable<Instant> TicksAsync(IAsyncEnumerable<Instant> items);

    [return: TunnelFormatter(typeof(UnixSecondsFormatter))]
    Task<Instant> SecondsAsync([TunnelFormatter(typeof(UnixSecondsFormatter))] Instant value);

    Task<Bag<LocalDate>> BagAsync(Bag<LocalDate> value);

    Task<Bag<Meeting?>?> MeetingsAsync(Bag<Meeting?>? value);

    Task<Outline> OutlineAsync(Outline value);
}
