using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>What the answering half makes of blocks and uploads that come twice, late, out of order, or in part.</summary>
public sealed class LegsUpWireTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_repeated_block_is_acknowledged_again_and_not_applied_twice()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        (await peer.BlockAsync(0, "once", Limit)).ShouldBe((204, 4));
        (await peer.BlockAsync(0, "once", Limit)).ShouldBe((204, 4));
        (await peer.BlockAsync(4, " and for all", Limit)).ShouldBe((204, 16));
        (await peer.BlockAsync(0, "once", Limit)).ShouldBe((204, 16));

        (await connection.ReadTextAsync(16, Limit)).ShouldBe("once and for all");
    }

    [Fact]
    public async Task Of_a_block_that_is_there_in_part_only_the_rest_is_applied()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        await peer.BlockAsync(0, "abcd", Limit);
        (await peer.BlockAsync(2, "cdef", Limit)).ShouldBe((204, 6));

        (await connection.ReadTextAsync(6, Limit)).ShouldBe("abcdef");
    }

    [Fact]
    public async Task A_block_that_overtakes_waits_for_the_one_before()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        Task<(int Status, long Received)> second = peer.BlockAsync(5, "second", Limit);
        Task<(int Status, long Received)> first = peer.BlockAsync(0, "first", Limit);

        (await first).Status.ShouldBe(204);
        (await second).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, Limit)).ShouldBe("firstsecond");
    }

    [Fact]
    public async Task A_block_behind_a_gap_is_a_conflict_after_five_seconds()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        Task<(int Status, long Received)> early = peer.BlockAsync(5, "early", Limit);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));

        (await early).ShouldBe((409, 0));
        (await peer.BlockAsync(0, "late.", Limit)).ShouldBe((204, 5));
    }

    [Fact]
    public async Task Blocks_must_be_as_long_as_they_say_and_not_too_long()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        (await peer.AskAsync(peer.Up("block 1 0 0 4 0", "abc"), Limit)).Status.ShouldBe(400);
        (await peer.AskAsync(peer.Up("block 1 0 0 2 0", "abc"), Limit)).Status.ShouldBe(400);
        (await peer.AskAsync(peer.Up("block 1 0 0 131073 0", new string('x', 131_073)), Limit)).Status.ShouldBe(413);
        (await peer.BlockAsync(0, new string('x', 131_072), Limit)).ShouldBe((204, 131_072));
    }

    [Fact]
    public async Task Blocks_in_any_order_and_any_number_of_times_make_the_bytes_once()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        Random random = new(20260729);
        StringBuilder expected = new();
        List<(long Offset, string Text)> blocks = [];
        for (int number = 0; number < 60; number++)
        {
            string text = Convert.ToHexString(RandomNumberGenerator.GetBytes(random.Next(1, 300)));
            blocks.Add((expected.Length, text));
            expected.Append(text);
        }

        // Two in flight, the later sometimes first, and any of those before once more.
        for (int number = 0; number < blocks.Count; number += 2)
        {
            (long Offset, string Text)[] pair = [blocks[number], blocks[number + 1], blocks[random.Next(number + 1)]];
            random.Shuffle(pair);
            (int Status, long Received)[] answers = await Task.WhenAll(pair.Select(block => peer.BlockAsync(block.Offset, block.Text, Limit)));
            answers.ShouldAllBe(answer => answer.Status == 204);
        }

        (await connection.ReadTextAsync(expected.Length, Limit)).ShouldBe(expected.ToString());
    }

    [Fact]
    public async Task A_streamed_upload_is_reported_on_the_leg_down()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = "1 stream poll" };
        await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit);

        string probe = LegsPeer.Record(3, "\0\0\0\0\0\0\0\u0007");
        await peer.AskAsync(peer.Up("stream 1 0 0 0 0", probe + LegsPeer.Record(1, "abc") + LegsPeer.Record(0x80, "pad")), Limit);
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        (_, string report) = await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit);

        report.ShouldBe(LegsPeer.Record(3, "\0\0\0\u0001\0\0\0\u0007"));
        connection.Info.Transport.ShouldBe("stream-poll");
        (await connection.ReadTextAsync(3, Limit)).ShouldBe("abc");
    }

    [Fact]
    public async Task An_upload_that_breaks_in_the_middle_goes_on_from_any_offset_that_is_there()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = "1 stream poll" };
        await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit);
        await Record.ExceptionAsync(() => peer.AskAsync(peer.Up("stream 1 0 0 0 0", LegsPeer.Record(1, "abcdef")[..8]), Limit));
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        (await connection.ReadTextAsync(4, Limit)).ShouldBe("abcd");

        (await peer.AskAsync(peer.Up("stream 2 9 0 0 0", LegsPeer.Record(1, "gap")), Limit)).Status.ShouldBe(409);
        (await peer.AskAsync(peer.Up("stream 3 2 0 0 0", LegsPeer.Record(1, "cdef")), Limit)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(2, Limit)).ShouldBe("ef");
    }

    private static Task<TunnelServer> StartAsync(LegsTransportAcceptor? acceptor = null) => TunnelServer.StartAsync([acceptor ?? new LegsTransportAcceptor()]);
}
