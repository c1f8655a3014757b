using System.Buffers.Binary;
using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

public sealed class TunnelSessionTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private readonly TunnelOptions _options;
    private readonly RecordingSink _sink = new();
    private ITransportConnection _near = null!;
    private ITransportConnection _far = null!;
    private TunnelSession _session = null!;
    private RawPeer _peer = null!;

    public TunnelSessionTests() => _options = new TunnelServerOptions { TimeProvider = _time };

    public async Task InitializeAsync()
    {
        (_near, _far) = await InMemoryLink.OpenAsync();
        _session = SessionFactory.Create(isClient: true, _near, _options);
        _peer = new RawPeer(_far);
    }

    public async Task DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
        if (!_session.IsStarted)
        {
            _session.ReleaseUnstarted();
        }

        await _session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Bytes_are_transferred_in_both_directions_at_once()
    {
        byte[] up = RandomNumberGenerator.GetBytes(1_000_000);
        byte[] down = RandomNumberGenerator.GetBytes(700_000);
        var farSink = new RecordingSink();
        TunnelSession far = SessionFactory.Create(isClient: false, _far, _options);
        _session.Start(_sink);
        far.Start(farSink);

        Write(_session, up, 10_007);
        Write(far, down, 777);

        (await farSink.ReceivedAsync(up.Length).DefaultTimeout()).ShouldBe(up);
        (await _sink.ReceivedAsync(down.Length).DefaultTimeout()).ShouldBe(down);
        await far.CloseAsync(TunnelStatus.Ok, "done").DefaultTimeout();
        await _session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Idle_path_that_is_disconnected_names_KeepAliveInterval()
    {
        _options.KeepAliveInterval = TimeSpan.FromMinutes(5);
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        TunnelSession session = SessionFactory.Create(isClient: true, near, _options);
        var peer = new RawPeer(far);
        session.Start(_sink);
        await peer.SendNumberAsync(RecordType.Ping, 1);
        await peer.ReadRecordAsync(RecordType.Pong);
        _time.Advance(TimeSpan.FromSeconds(61));

        await far.DisposeAsync();

        (await _sink.Ended.DefaultTimeout()).Message.ShouldEndWith(
            "Nothing had been sent or received for 61 s: most likely an intermediary closes idle connections. "
            + "Set KeepAliveInterval (now 00:05:00) below that time.");
    }

    [Fact]
    public async Task Ack_restores_send_capacity()
    {
        _options.Limits.MaxUnacknowledgedBytes = 8192;
        _session.Start(_sink);

        Write(_session, new byte[8192], 8192);
        (await _peer.ReadRecordAsync(RecordType.Data)).Length.ShouldBe(8192);
        _session.HasUnacknowledgedCapacity.ShouldBeFalse();
        await _peer.SendAsync([.. Wire.Number(RecordType.Ack, 4096), .. Wire.Number(RecordType.Ping, 1)]);
        await _peer.ReadRecordAsync(RecordType.Pong);

        _session.HasUnacknowledgedCapacity.ShouldBeTrue();
        _session.Writer.HasCapacity(4096).ShouldBeFalse();
        _session.Writer.HasCapacity(4095).ShouldBeTrue();
    }

    [Fact]
    public async Task Ack_beyond_the_sent_offset_ends_the_session_with_a_reason()
    {
        _session.Start(_sink);

        await _peer.SendNumberAsync(RecordType.Ack, 1);

        (await _peer.ReadCloseAsync()).Reason.ShouldBe("Expected an ACK of at most 0, which is what was sent, got 1.");
        (await _sink.Ended.DefaultTimeout()).ShouldBeOfType<TunnelProtocolException>();
    }

    [Fact]
    public async Task Ack_is_sent_alone_after_25_ms()
    {
        _session.Start(_sink);

        await _peer.SendAsync(RecordType.Data, 1, 2, 3);
        await _time.WhenTimerDueAsync(TimeSpan.FromMilliseconds(25)).DefaultTimeout();
        _time.Advance(TimeSpan.FromMilliseconds(25));

        (RecordType type, byte[] payload) = await _peer.ReadRecordAsync();
        type.ShouldBe(RecordType.Ack);
        BinaryPrimitives.ReadUInt64BigEndian(payload).ShouldBe(3ul);
    }

    [Fact]
    public async Task Ack_is_sent_with_data()
    {
        _session.Start(_sink);
        await _peer.SendAsync(RecordType.Data, 1, 2, 3);
        await _sink.ReceivedAsync(3).DefaultTimeout();

        Write(_session, [9], 1);

        BinaryPrimitives.ReadUInt64BigEndian(await _peer.ReadRecordAsync(RecordType.Ack)).ShouldBe(3ul);
        (await _peer.ReadRecordAsync(RecordType.Data)).ShouldBe([9]);
    }

    [Fact]
    public async Task Ack_for_64_KiB_is_sent_without_a_timer()
    {
        _session.Start(_sink);

        await _peer.SendAsync(RecordType.Data, new byte[64 << 10]);

        BinaryPrimitives.ReadUInt64BigEndian(await _peer.ReadRecordAsync(RecordType.Ack)).ShouldBeGreaterThan(0ul);
    }

    [Fact]
    public async Task Ping_is_answered_with_its_nonce()
    {
        _session.Start(_sink);

        await _peer.SendNumberAsync(RecordType.Ping, 0xFEDC_BA98_7654_3210);

        BinaryPrimitives.ReadUInt64BigEndian(await _peer.ReadRecordAsync(RecordType.Pong)).ShouldBe(0xFEDC_BA98_7654_3210);
    }

    [Fact]
    public async Task Flood_of_pings_is_answered_with_one_pong_per_write()
    {
        var blockable = new BlockableConnection(_near);
        TunnelSession session = SessionFactory.Create(isClient: true, blockable, _options);
        blockable.Block();
        session.Start(_sink);
        await _peer.SendNumberAsync(RecordType.Ping, 1);
        await blockable.WriteBlocked.DefaultTimeout();

        byte[] flood = [.. Enumerable.Range(2, 10_000).SelectMany(i => Wire.Number(RecordType.Ping, (ulong)i))];
        Task sending = _peer.SendAsync([.. flood, .. Wire.Record(RecordType.Data, 5)]);
        await _sink.ReceivedAsync(1).DefaultTimeout();
        blockable.Release();

        await sending;
        BinaryPrimitives.ReadUInt64BigEndian(await _peer.ReadRecordAsync(RecordType.Pong)).ShouldBe(1ul);
        BinaryPrimitives.ReadUInt64BigEndian(await _peer.ReadRecordAsync(RecordType.Pong)).ShouldBe(10_001ul);
        await _peer.DisposeAsync();
        await session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Idle_path_is_pinged_and_stays_connected_while_pings_are_answered()
    {
        _session.Start(_sink);

        for (int i = 1; i <= 10; i++)
        {
            // The byte and its ACK are traffic, so the next PING is due after one more interval.
            _time.Advance(_options.KeepAliveInterval);
            _time.Advance(_options.KeepAliveInterval);
            byte[] ping = await _peer.ReadRecordAsync(RecordType.Ping);
            await _peer.SendAsync([.. Wire.Record(RecordType.Pong, ping), .. Wire.Record(RecordType.Data, 1)]);
            await _sink.ReceivedAsync(i).DefaultTimeout();
        }

        _session.Completion.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Two_unanswered_pings_end_the_session_with_a_reason()
    {
        _session.Start(_sink);

        _time.Advance(_options.KeepAliveInterval);
        await _peer.ReadRecordAsync(RecordType.Ping);
        _time.Advance(_options.KeepAliveInterval);
        await _peer.ReadRecordAsync(RecordType.Ping);
        _session.Completion.IsCompleted.ShouldBeFalse();
        _time.Advance(_options.KeepAliveInterval);

        TunnelException error = await _sink.Ended.DefaultTimeout();
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldBe("The path is dead: two pings, 00:00:15 apart, were not answered.");
        await _session.Completion.DefaultTimeout();
        await _time.ShouldHaveNoActiveTimersAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Close_sends_everything_written_and_ends_both_sides_in_order(bool clientCloses)
    {
        var farSink = new RecordingSink();
        TunnelSession far = SessionFactory.Create(isClient: false, _far, _options);
        _session.Start(_sink);
        far.Start(farSink);
        byte[] bytes = RandomNumberGenerator.GetBytes(300_000);
        (TunnelSession closing, RecordingSink other) = clientCloses ? (_session, farSink) : (far, _sink);

        Write(closing, bytes, 50_000);
        await closing.CloseAsync(TunnelStatus.Ok, "That was all.").DefaultTimeout();
        await _session.Completion.DefaultTimeout();
        await far.Completion.DefaultTimeout();

        other.Data.ShouldBe(bytes);
        TunnelException error = await other.Ended;
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldBe("The peer closed the tunnel: That was all.");
        (_sink.Ends, farSink.Ends).ShouldBe((1, 1));
        await _time.ShouldHaveNoActiveTimersAsync();
    }

    [Fact]
    public async Task Session_closed_before_its_start_sends_CLOSE_when_it_starts()
    {
        _session.SetHandler(_sink);
        Task closing = _session.CloseAsync(TunnelStatus.Unavailable, "too early");

        _session.Start();

        CloseMessage close = await _peer.ReadCloseAsync().DefaultTimeout();
        (close.Status, close.Reason).ShouldBe((TunnelStatus.Unavailable, "too early"));
        await _peer.SendAsync(Wire.Record(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "").ToPayload()));
        await closing.DefaultTimeout();
    }

    [Fact]
    public async Task Close_from_both_sides_at_once_ends_both_sessions()
    {
        var farSink = new RecordingSink();
        TunnelSession far = SessionFactory.Create(isClient: false, _far, _options);
        _session.Start(_sink);
        far.Start(farSink);

        await Task.WhenAll(_session.CloseAsync(TunnelStatus.Ok, "a"), far.CloseAsync(TunnelStatus.Ok, "b")).DefaultTimeout();

        (_sink.Ends, farSink.Ends).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Close_states_the_status_and_the_last_accepted_stream()
    {
        _session.Start(_sink);

        Task closing = _session.CloseAsync(TunnelStatus.Unavailable, "Going away.");
        CloseMessage close = await _peer.ReadCloseAsync();
        await _peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "").ToPayload());

        close.ShouldBe(new CloseMessage(TunnelStatus.Unavailable, 7, "Going away."));
        await closing.DefaultTimeout();
    }

    [Fact]
    public async Task Append_after_close_is_refused()
    {
        _session.Start(_sink);

        Task closing = _session.CloseAsync(TunnelStatus.Ok, "");
        _session.Writer.TryAppend([1], default, out _).ShouldBeFalse();

        await _peer.ReadCloseAsync();
        await _peer.DisposeAsync();
        await closing.DefaultTimeout();
    }

    [Fact]
    public async Task Close_without_an_answer_ends_the_session_after_CloseTimeout()
    {
        _session.Start(_sink);
        Write(_session, new byte[1 << 20], 1 << 20);

        Task closing = _session.CloseAsync(TunnelStatus.Ok, "");
        await _time.WhenTimerDueAsync(_options.CloseTimeout).DefaultTimeout();
        _time.Advance(_options.CloseTimeout);

        await closing.DefaultTimeout();
        (await _sink.Ended.DefaultTimeout()).Message.ShouldBe(
            "This side closed the tunnel: . The peer did not answer CLOSE within 00:00:02 (CloseTimeout).");
        await _time.ShouldHaveNoActiveTimersAsync();
    }

    [Fact]
    public async Task Peer_that_closes_and_does_not_read_is_disconnected_after_CloseTimeout()
    {
        _session.Start(_sink);
        Write(_session, new byte[1 << 20], 1 << 20);

        await _peer.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "bye").ToPayload());
        await _time.WhenTimerDueAsync(_options.CloseTimeout).DefaultTimeout();
        _time.Advance(_options.CloseTimeout);

        (await _sink.Ended.DefaultTimeout()).Message.ShouldBe("The peer closed the tunnel: bye");
        await _session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Path_that_ends_without_CLOSE_is_disconnected()
    {
        _session.Start(_sink);

        await _peer.DisposeAsync();

        TunnelException error = await _sink.Ended.DefaultTimeout();
        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldBe("The path to the peer was lost: The path ended without a CLOSE record.");
        error.InnerException.ShouldBeOfType<TransportException>();
    }

    [Fact]
    public async Task Failed_write_disconnects_the_path()
    {
        var blockable = new BlockableConnection(_near) { Failure = new TransportException("The cable is cut.") };
        TunnelSession session = SessionFactory.Create(isClient: true, blockable, _options);
        session.Start(_sink);

        Write(session, [1], 1);

        (await _sink.Ended.DefaultTimeout()).Message.ShouldBe("The path to the peer was lost: The cable is cut.");
        await session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Unexpected_exception_of_a_write_ends_the_session_only()
    {
        var blockable = new BlockableConnection(_near) { Failure = new InvalidOperationException("A defect of a transport.") };
        TunnelSession session = SessionFactory.Create(isClient: true, blockable, _options);
        session.Start(_sink);

        Write(session, [1], 1);

        TunnelException error = await _sink.Ended.DefaultTimeout();
        error.Status.ShouldBe(TunnelStatus.Internal);
        error.Message.ShouldBe("The session ended by an unexpected error: A defect of a transport.");
        await session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Reader_continues_while_a_write_is_blocked()
    {
        var blockable = new BlockableConnection(_near);
        blockable.Block();
        TunnelSession session = SessionFactory.Create(isClient: true, blockable, _options);
        session.Start(_sink);
        Write(session, [1], 1);
        await blockable.WriteBlocked.DefaultTimeout();

        await _peer.SendAsync(RecordType.Data, new byte[100_000]);

        (await _sink.ReceivedAsync(100_000).DefaultTimeout()).Length.ShouldBe(100_000);
        blockable.Release();
        (await _peer.ReadRecordAsync(RecordType.Data)).ShouldBe([1]);
        await _peer.DisposeAsync();
        await session.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Control_backlog_above_MaxControlBacklog_ends_the_session_and_names_the_limit()
    {
        _options.Limits.MaxUnacknowledgedBytes = 4096;
        _options.Limits.MaxControlBacklog = 4096;
        _session.Start(_sink);

        Write(_session, new byte[8192], 8192);
        _session.EnforceControlBacklogLimit();
        _sink.Ended.IsCompleted.ShouldBeFalse();
        Write(_session, [1], 1);
        _session.EnforceControlBacklogLimit();

        TunnelException error = await _sink.Ended.DefaultTimeout();
        error.Status.ShouldBe(TunnelStatus.ResourceExhausted);
        error.Message.ShouldContain("limit MaxControlBacklog");
    }

    [Fact]
    public async Task Malformed_record_is_answered_with_CLOSE_that_states_what_was_expected()
    {
        _session.Start(_sink);

        await _peer.SendAsync((byte[])[0x33, 0, 0, 0]);

        CloseMessage close = await _peer.ReadCloseAsync();
        close.Status.ShouldBe(TunnelStatus.Internal);
        close.Reason.ShouldBe("Expected a record of type 0x01 to 0x0B (or one to skip, 0x80 and up), got 0x33.");
        (await _sink.Ended.DefaultTimeout()).Message.ShouldBe(
            $"The peer violated the protocol, so this side closed the tunnel: {close.Reason}");
    }

    private static void Write(TunnelSession session, ReadOnlySpan<byte> bytes, int pieceSize)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(pieceSize, bytes.Length);
            SessionWriting.Write(session, bytes[..count]);
            bytes = bytes[count..];
        }
    }
}
