using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>The server's handling of blocks and uploads that are repeated, late, out of order or incomplete.</summary>
public sealed class LegUploadWireTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Fact]
    public async Task Repeated_block_is_acknowledged_again_and_applied_once()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        (await peer.BlockAsync(0, "once", TimeoutToken)).ShouldBe((204, 4));
        (await peer.BlockAsync(0, "once", TimeoutToken)).ShouldBe((204, 4));
        (await peer.BlockAsync(4, " and for all", TimeoutToken)).ShouldBe((204, 16));
        (await peer.BlockAsync(0, "once", TimeoutToken)).ShouldBe((204, 16));

        (await connection.ReadTextAsync(16, TimeoutToken)).ShouldBe("once and for all");
    }

    [Fact]
    public async Task Partly_received_block_is_applied_from_its_first_new_byte()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        await peer.BlockAsync(0, "abcd", TimeoutToken);
        (await peer.BlockAsync(2, "cdef", TimeoutToken)).ShouldBe((204, 6));

        (await connection.ReadTextAsync(6, TimeoutToken)).ShouldBe("abcdef");
    }

    [Fact]
    public async Task Out_of_order_block_waits_for_the_previous_one()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        Task<(int Status, long Received)> second = peer.BlockAsync(5, "second", TimeoutToken);
        Task<(int Status, long Received)> first = peer.BlockAsync(0, "first", TimeoutToken);

        (await first).Status.ShouldBe(204);
        (await second).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, TimeoutToken)).ShouldBe("firstsecond");
    }

    [Fact]
    public async Task Block_after_a_gap_gets_409_after_5_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(new LegTransportAcceptor(time));
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        Task<(int Status, long Received)> early = peer.BlockAsync(5, "early", TimeoutToken);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));

        (await early).ShouldBe((409, 0));
        (await peer.BlockAsync(0, "late.", TimeoutToken)).ShouldBe((204, 5));
    }

    [Fact]
    public async Task Block_with_wrong_or_excessive_length_is_refused()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        (await peer.SendForTextAsync(peer.CreateUpload("block 1 0 0 4 0", "abc"), TimeoutToken)).Status.ShouldBe(400);
        (await peer.SendForTextAsync(peer.CreateUpload("block 1 0 0 2 0", "abc"), TimeoutToken)).Status.ShouldBe(400);
        HttpRequestMessage tooLarge = peer.CreateUpload("block 1 0 0 786433 0", new string('x', 786_433));
        (await peer.SendForTextAsync(tooLarge, TimeoutToken)).Status.ShouldBe(413);
        (await peer.BlockAsync(0, new string('x', 786_432), TimeoutToken)).ShouldBe((204, 786_432));
    }

    [Fact]
    public async Task Reordered_and_repeated_blocks_are_applied_once_in_order()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        Random random = new(20260729);
        StringBuilder expected = new();
        List<(long Offset, string Text)> blocks = [];
        for (int number = 0; number < 60; number++)
        {
            string text = Convert.ToHexString(RandomNumberGenerator.GetBytes(random.Next(1, 300)));
            blocks.Add((expected.Length, text));
            expected.Append(text);
        }

        // Two blocks in flight in random order, and a random earlier block repeated.
        for (int number = 0; number < blocks.Count; number += 2)
        {
            (long Offset, string Text)[] pair = [blocks[number], blocks[number + 1], blocks[random.Next(number + 1)]];
            random.Shuffle(pair);
            (int Status, long Received)[] responses = await Task.WhenAll(
                pair.Select(block => peer.BlockAsync(block.Offset, block.Text, TimeoutToken)));
            responses.ShouldAllBe(response => response.Status == 204);
        }

        (await connection.ReadTextAsync(expected.Length, TimeoutToken)).ShouldBe(expected.ToString());
    }

    [Fact]
    public async Task Streamed_upload_is_reported_on_the_download_leg()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { Legs = "1 stream poll" };
        await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);

        string probe = LegPeer.Record(3, "\0\0\0\0\0\0\0\u0007");
        string records = probe + LegPeer.Record(1, "abc") + LegPeer.Record(0x80, "pad");
        await peer.SendForTextAsync(peer.CreateUpload("stream 1 0 0 0 0", records), TimeoutToken);
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (_, string report) = await peer.SendForTextAsync(peer.CreateDownload("poll 2 0 0 0 0"), TimeoutToken);

        report.ShouldBe(LegPeer.Record(3, "\0\0\0\u0001\0\0\0\u0007"));
        connection.Info.Transport.ShouldBe("stream-poll");
        (await connection.ReadTextAsync(3, TimeoutToken)).ShouldBe("abc");
    }

    [Fact]
    public async Task Broken_upload_continues_from_any_received_offset()
    {
        await using TransportTestServer server = await StartAsync();
        using LegPeer peer = new(server.Address) { Legs = "1 stream poll" };
        await peer.SendForTextAsync(peer.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken);
        HttpRequestMessage truncated = peer.CreateUpload("stream 1 0 0 0 0", LegPeer.Record(1, "abcdef")[..8]);
        await Record.ExceptionAsync(() => peer.SendForTextAsync(truncated, TimeoutToken));
        await using ITransportConnection connection = await server.AcceptAsync(TimeoutToken);
        (await connection.ReadTextAsync(4, TimeoutToken)).ShouldBe("abcd");

        (await peer.SendForTextAsync(peer.CreateUpload("stream 2 9 0 0 0", LegPeer.Record(1, "gap")), TimeoutToken)).Status.ShouldBe(409);
        (await peer.SendForTextAsync(peer.CreateUpload("stream 3 2 0 0 0", LegPeer.Record(1, "cdef")), TimeoutToken)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(2, TimeoutToken)).ShouldBe("ef");
    }

    private static Task<TransportTestServer> StartAsync(LegTransportAcceptor? acceptor = null) =>
        TransportTestServer.StartAsync([acceptor ?? new LegTransportAcceptor()]);
}
