using NodaTime;

namespace TunnelRpc.Generators.Tests.RoundTrip;

internal sealed class Schedule : ISchedule
{
    public Task<Meeting> MeetingAsync(Meeting value) => Task.FromResult(value);

    public Task<Instant?> WhenAsync(Instant? value) => Task.FromResult(value);

    public Task<DateTimeZone?> ZoneAsync(DateTimeZone? value) => Task.FromResult(value);

    public Task<List<DateTimeZone>> ZonesAsync(List<DateTimeZone> value) => Task.FromResult(value);

    public Task<Dictionary<LocalDate, List<Duration>>> PlanAsync(Dictionary<LocalDate, List<Duration>> value) => Task.FromResult(value);

    public IAsyncEnumerable<Instant> TicksAsync(IAsyncEnumerable<Instant> items) => items;

    public Task<Instant> SecondsAsync(Instant value) => Task.FromResult(value);

    public Task<Bag<LocalDate>> BagAsync(Bag<LocalDate> value) => Task.FromResult(value);

    public Task<Bag<Meeting?>?> MeetingsAsync(Bag<Meeting?>? value) => Task.FromResult(value);

    public Task<Outline> OutlineAsync(Outline value) => Task.FromResult(value);
}
