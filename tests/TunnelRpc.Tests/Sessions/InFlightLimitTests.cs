using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;

namespace TunnelRpc.Tests.Sessions;

public sealed class InFlightLimitTests
{
    private const long Max = 16 << 20;
    private readonly FakeTimeProvider _time = new();
    private readonly TunnelLimits _limits = new TunnelServerOptions().Limits;
    private readonly InFlightLimit _limit;
    private long _offset;

    public InFlightLimitTests() => _limit = new InFlightLimit(_limits, _time);

    [Fact]
    public void Limit_grows_to_the_maximum_while_round_trips_stay_short()
    {
        _limit.Bytes.ShouldBe(InFlightLimit.MinBytes);

        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(50));

        _limit.Bytes.ShouldBe(Max);
    }

    [Fact]
    public void Limit_doubles_in_each_round_trip_until_there_is_a_queue()
    {
        Send(rounds: 3, _ => TimeSpan.FromMilliseconds(50));
        _limit.Bytes.ShouldBe(8 * InFlightLimit.MinBytes);

        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(80));
        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(50));

        _limit.Bytes.ShouldBeLessThan(9 * InFlightLimit.MinBytes);
    }

    [Fact]
    public void Unacknowledged_bytes_are_limited_to_1_MiB_until_the_path_needs_more_and_the_limit_never_falls()
    {
        _limit.UnacknowledgedBytes.ShouldBe(1 << 20);
        Send(rounds: 4, _ => TimeSpan.FromMilliseconds(50));
        _limit.UnacknowledgedBytes.ShouldBe(8 << 20);

        Send(rounds: 10, _ => TimeSpan.FromMilliseconds(500));
        _limit.OnPathChanged(sendsBlocks: false, receivesBlocks: false);

        _limit.Bytes.ShouldBe(InFlightLimit.MinBytes);
        _limit.UnacknowledgedBytes.ShouldBe(8 << 20);
    }

    [Fact]
    public void Limit_stays_small_if_more_bytes_only_make_a_longer_queue()
    {
        // A path of 0.1 ms and 500 MB/s.
        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(0.1));
        Send(rounds: 1000, bytes => TimeSpan.FromMilliseconds(0.1) + (TimeSpan.FromSeconds(1) * (bytes / 500e6)));

        _limit.Bytes.ShouldBeInRange(InFlightLimit.MinBytes, 384 << 10);
    }

    [Fact]
    public void Limit_is_a_quarter_while_small_messages_share_the_path()
    {
        TimeSpan RoundTripOf(long bytes) => TimeSpan.FromMilliseconds(0.1) + (TimeSpan.FromSeconds(1) * (bytes / 500e6));
        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(0.1));
        Send(rounds: 1000, RoundTripOf, smallMessages: 1);

        _limit.Bytes.ShouldBeInRange(InFlightLimit.MinSharedBytes, 128 << 10);

        Send(rounds: 1000, RoundTripOf);

        _limit.Bytes.ShouldBeInRange(InFlightLimit.MinBytes, 384 << 10);
    }

    [Fact]
    public void Path_that_sends_blocks_keeps_more_in_flight_than_its_round_trip_says()
    {
        static TimeSpan RoundTripOf(long bytes) => TimeSpan.FromMilliseconds(0.01) + (TimeSpan.FromSeconds(1) * (bytes / 500e6));
        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(0.01));
        Send(rounds: 1000, RoundTripOf, smallMessages: 1);
        long ofStream = _limit.Bytes;

        _limit.OnPathChanged(sendsBlocks: true, receivesBlocks: false);
        Send(rounds: 1, _ => TimeSpan.FromMilliseconds(0.01));
        Send(rounds: 1000, RoundTripOf, smallMessages: 1);

        ofStream.ShouldBeLessThan(InFlightLimit.MaxSharedBytes);
        _limit.Bytes.ShouldBeGreaterThanOrEqualTo(InFlightLimit.MaxSharedBytes);
    }

    [Fact]
    public void Acknowledgements_in_blocks_that_wait_for_the_block_before_are_not_taken_for_a_queue()
    {
        TimeSpan roundTrip = TimeSpan.FromMilliseconds(50);
        _limit.OnPathChanged(sendsBlocks: false, receivesBlocks: true);
        Send(rounds: 1, _ => roundTrip);

        Send(rounds: 20, _ => 2 * roundTrip);
        _limit.Bytes.ShouldBe(Max);

        Send(rounds: 20, _ => 4 * roundTrip);
        _limit.Bytes.ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Few_small_messages_share_nothing()
    {
        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(50), smallMessages: 1);

        _limit.Bytes.ShouldBe(Max);
    }

    [Fact]
    public void Limit_grows_again_after_the_path_has_become_longer()
    {
        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(10));
        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(100));
        _limit.Bytes.ShouldBeLessThan(512 << 10);

        Send(rounds: 120, _ => TimeSpan.FromMilliseconds(100));

        _limit.Bytes.ShouldBe(Max);
    }

    [Fact]
    public void Acknowledgement_that_the_peer_may_have_delayed_changes_nothing()
    {
        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(1));
        _limit.OnSending(_offset + 100_000, 100_000, isAll: true);
        _time.Advance(TimeSpan.FromMilliseconds(25));

        _limit.OnAcknowledged(_offset + 100_000, inFlightBytes: 1000);

        _limit.Bytes.ShouldBe(Max);
    }

    [Fact]
    public void Limit_does_not_grow_while_it_is_not_reached()
    {
        for (int i = 0; i < 20; i++)
        {
            _limit.OnBulkAppended((InFlightLimit.MinBytes / 2) - 1);
            _limit.OnSending(++_offset, 64 << 10, isAll: true);
            _limit.OnAcknowledged(_offset, 64 << 10);
        }

        _limit.Bytes.ShouldBe(InFlightLimit.MinBytes);
    }

    [Fact]
    public void Migrated_session_starts_with_the_smallest_limit()
    {
        Send(rounds: 20, _ => TimeSpan.FromMilliseconds(50));

        _limit.OnPathChanged(sendsBlocks: false, receivesBlocks: false);

        _limit.Bytes.ShouldBe(InFlightLimit.MinBytes);
    }

    [Fact]
    public void Limit_never_exceeds_MaxUnacknowledgedBytes()
    {
        _limits.MaxUnacknowledgedBytes = 4096;

        _limit.Bytes.ShouldBe(4096);
    }

    [Fact]
    public void Only_acknowledged_bulk_bytes_free_capacity()
    {
        _limit.OnBulkAppended(InFlightLimit.MinBytes);
        _limit.OnSending(300_000, 300_000, isAll: true);
        _limit.OnBulkAppended(1000);

        // Not the last bytes: how many bulk bytes precede the offset is not known.
        _limit.OnSending(300_500, 300_500, isAll: false);
        _limit.OnAcknowledged(299_999, 300_500);
        _limit.HasCapacity(unacknowledgedBytes: 300_000, 0).ShouldBeFalse();
        _limit.HasCapacity(unacknowledgedBytes: 1001, 0).ShouldBeTrue();
        _limit.BulkBytes.ShouldBe(InFlightLimit.MinBytes + 1000);
        _limit.OnAcknowledged(300_500, 300_500);
        _limit.BulkBytes.ShouldBe(1000);

        // The rest is sent again on another path.
        _limit.OnPathChanged(sendsBlocks: false, receivesBlocks: false);
        _limit.OnSending(301_000, 500, isAll: true);
        _limit.OnAcknowledged(301_000, 500);

        _limit.BulkBytes.ShouldBe(0);
    }

    /// <summary>Sends as many bytes as the limit allows, again and again, and acknowledges them after a round trip.</summary>
    private void Send(int rounds, Func<long, TimeSpan> roundTripOf, int smallMessages = 0)
    {
        for (int i = 0; i < rounds; i++)
        {
            long bytes = _limit.Bytes;
            for (int j = 0; j < smallMessages; j++)
            {
                _limit.OnSmallAppended();
            }

            _limit.HasCapacity(0, bytes - 1).ShouldBeTrue();
            _limit.OnBulkAppended((int)bytes);
            _limit.HasCapacity(bytes, 0).ShouldBeFalse();
            _limit.OnSending(_offset += bytes, bytes, isAll: true);
            _time.Advance(roundTripOf(bytes));
            _limit.OnAcknowledged(_offset, bytes);
            _limit.BulkBytes.ShouldBe(0);
        }
    }
}
