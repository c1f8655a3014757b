using NodaTime;
using Shouldly;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Tests that types with a formatter or a surrogate round-trip, with NodaTime as the example.</summary>
public sealed class FormatterAttributeRoundTripTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 30, 12, 0).PlusNanoseconds(123_456_789);
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    private readonly ISchedule _stub = Loop.Definition<ISchedule>().CreateStub(new LoopInvoker(new Schedule()));

    [Fact]
    public async Task Members_round_trip()
    {
        var meeting = new Meeting(Now, Duration.FromNanoseconds(-1), Berlin, Now, Now.InZone(Berlin)) { Tags = ["a", "b"] };

        Meeting back = await _stub.MeetingAsync(meeting);

        (back.Start, back.Length, back.Zone, back.Local).ShouldBe((Now, Duration.FromNanoseconds(-1), Berlin, Now.InZone(Berlin)));
        back.Reminder.ShouldBe(Instant.FromUnixTimeSeconds(Now.ToUnixTimeSeconds()), "the member has a formatter of whole seconds");
        back.Tags.ShouldBe(["a", "b"], ignoreOrder: true);
    }

    [Fact]
    public async Task Arguments_results_items_keys_and_elements_round_trip()
    {
        (await _stub.WhenAsync(Now)).ShouldBe(Now);
        (await _stub.WhenAsync(null)).ShouldBeNull();
        (await _stub.WhenAsync(Instant.MinValue)).ShouldBe(Instant.MinValue);
        (await _stub.WhenAsync(Instant.MaxValue)).ShouldBe(Instant.MaxValue);
        (await _stub.ZoneAsync(Berlin)).ShouldBe(Berlin);
        (await _stub.ZoneAsync(null)).ShouldBeNull();
        (await _stub.PlanAsync(new() { [new LocalDate(2024, 2, 29)] = [Duration.MaxValue, Duration.Zero] }))
            .ShouldHaveSingleItem().Value.ShouldBe([Duration.MaxValue, Duration.Zero]);
        (await _stub.TicksAsync(new[] { Now, Now + Duration.Epsilon }.ToAsyncEnumerable()).ToListAsync())
            .ShouldBe([Now, Now + Duration.Epsilon]);
        (await _stub.SecondsAsync(Now)).ShouldBe(Instant.FromUnixTimeSeconds(Now.ToUnixTimeSeconds()));
    }

    [Fact]
    public async Task Generic_and_recursive_types_round_trip()
    {
        (await _stub.BagAsync(new Bag<LocalDate>(new(2024, 1, 1), new(2024, 1, 2)))).Take()
            .ShouldBe([new(2024, 1, 1), new(2024, 1, 2)]);
        (await _stub.MeetingsAsync(null)).ShouldBeNull();
        (await _stub.MeetingsAsync(new Bag<Meeting?>(null, new Meeting(Now, default, Berlin))))!.Take().Last()!.Start.ShouldBe(Now);
        (await _stub.OutlineAsync(new Outline("a", new Outline("b"), new Outline("c", new Outline("d"))))).Describe().ShouldBe("a(b,c(d))");
    }

    [Fact]
    public async Task Null_where_none_may_be_is_an_error()
    {
        (await Should.ThrowAsync<MessagePackException>(() => _stub.ZonesAsync([Berlin, null!])))
            .Message.ShouldContain("Expected a value of the non-nullable type NodaTime.DateTimeZone, got null");
        (await Should.ThrowAsync<MessagePackException>(() => _stub.MeetingAsync(new Meeting(Now, default, null!))))
            .Message.ShouldContain("Meeting.Zone, got null");
    }

    [Fact]
    public void Value_that_cannot_be_converted_is_an_error_of_the_codec()
    {
        byte[] unknown = Loop.Write(StringFormatter.Instance, "Europe/Nowhere");

        MessagePackException error =
            Should.Throw<MessagePackException>(() => Loop.Read(Loop.FormatterOf<ISchedule, DateTimeZone?>(), unknown));

        error.Message.ShouldContain("can be converted to NodaTime.DateTimeZone");
        error.InnerException.ShouldBeOfType<NodaTime.TimeZones.DateTimeZoneNotFoundException>();
    }
}
