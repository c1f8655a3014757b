using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>Hostile or defective peers at the record layer: the session ends with a reason, or the records have no effect.</summary>
public sealed class SessionAttackTests : IAsyncLifetime
{
    private readonly RecordingSink _sink = new();
    private ITransportConnection _near = null!;
    private TunnelSession _session = null!;
    private RawPeer _peer = null!;

    public async Task InitializeAsync()
    {
        (_near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        _session = SessionFactory.Create(isClient: false, _near, new TunnelServerOptions { TimeProvider = new FakeTimeProvider() });
        _session.Start(_sink);
        _peer = new RawPeer(far);
    }

    public async Task DisposeAsync()
    {
        await _peer.DisposeAsync();
        _session.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        await _session.Completion.DefaultTimeout();
        await _near.DisposeAsync();
    }

    [Theory]
    [InlineData(11ul)]
    [InlineData(long.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task Ack_with_the_highest_bits_set_is_refused(ulong offset)
    {
        SessionWriting.Write(_session, new byte[10]);
        await _peer.ReadRecordAsync(RecordType.Data);

        await _peer.SendNumberAsync(RecordType.Ack, offset);

        (await _peer.ReadCloseAsync()).Reason.ShouldBe($"Expected an ACK of at most 10, which is what was sent, got {offset}.");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue)]
    public async Task START_on_the_first_path_ends_the_session(ulong offset)
    {
        await _peer.SendNumberAsync(RecordType.Start, offset);

        (await _peer.ReadCloseAsync()).Reason.ShouldContain("(or one START first, on a path that the session has migrated to), got Start.");
    }

    [Theory]
    [InlineData((byte)0x07, 0)]
    [InlineData((byte)0x07, 7)]
    [InlineData((byte)0x07, 9)]
    [InlineData((byte)0x08, 0)]
    [InlineData((byte)0x09, 4096)]
    [InlineData((byte)0x0A, 0)]
    [InlineData((byte)0x0A, 8)]
    public async Task Control_record_of_a_wrong_length_ends_the_session(byte type, int length)
    {
        await _peer.SendAsync((RecordType)type, new byte[length]);

        (await _peer.ReadCloseAsync()).Reason.ShouldStartWith("Expected a ");
    }

    [Theory]
    [InlineData((byte)0x01)]
    [InlineData((byte)0x02)]
    [InlineData((byte)0x03)]
    [InlineData((byte)0x04)]
    [InlineData((byte)0x05)]
    public async Task Handshake_record_ends_an_established_session(byte type)
    {
        await _peer.SendAsync((RecordType)type, new byte[16]);

        (await _peer.ReadCloseAsync()).Reason.ShouldStartWith("Expected DATA, ACK, PING, PONG or CLOSE in an established session");
    }

    [Fact]
    public async Task Hundred_thousand_empty_records_have_no_effect()
    {
        byte[] four =
        [
            .. Wire.Record(RecordType.Data),
            .. Wire.Record(RecordType.Pad),
            .. Wire.Number(RecordType.Pong, 5),
            .. Wire.Number(RecordType.Ack, 0),
        ];
        byte[] empty = [.. Enumerable.Range(0, 1000).SelectMany(_ => four)];

        for (int i = 0; i < 25; i++)
        {
            await _peer.SendAsync(empty);
        }

        await _peer.SendNumberAsync(RecordType.Ping, 1);
        await _peer.ReadRecordAsync(RecordType.Pong);
        (_sink.Data.Length, _sink.Ends).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData((byte)0x06)]
    [InlineData((byte)0xFF)]
    public async Task Record_that_announces_sixteen_megabytes_is_not_buffered(byte type)
    {
        const int Announced = (1 << 24) - 1;
        byte[] piece = new byte[60_000];
        await _peer.SendAsync([type, 0xFF, 0xFF, 0xFF]);

        await _peer.SendAsync(piece);
        if (type == 0x06)
        {
            (await _sink.ReceivedAsync(piece.Length).DefaultTimeout()).Length.ShouldBe(piece.Length);
        }

        for (int sent = piece.Length; sent < Announced;)
        {
            int count = Math.Min(piece.Length, Announced - sent);
            await _peer.SendAsync(piece[..count]);
            sent += count;
        }

        await _peer.SendNumberAsync(RecordType.Ping, 1);
        await _peer.ReadRecordAsync(RecordType.Pong);
        _sink.Data.Length.ShouldBe(type == 0x06 ? Announced : 0);
    }
}
