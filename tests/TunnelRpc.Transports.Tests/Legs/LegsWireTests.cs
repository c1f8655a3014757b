using System.Net;
using System.Security.Cryptography;
using System.Text;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>What the answering half says to exchanges that come twice, late, out of order, or from somebody else.</summary>
public sealed class LegsWireTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_streamed_download_begins_with_two_kilobytes_and_tells_everybody_to_pass_it_on()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = "1 blocks stream" };

        using HttpResponseMessage down = await peer.SendAsync(peer.Down("stream 1 0 0 0 0", isFirst: true), Limit);

        down.StatusCode.ShouldBe(HttpStatusCode.OK);
        down.Headers.GetValues("Cache-Control").Single().ShouldBe("no-store, no-transform");
        down.Headers.GetValues("X-Accel-Buffering").Single().ShouldBe("no");
        down.Headers.TransferEncodingChunked.ShouldBe(true);
        down.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        byte[] preamble = new byte[LegsPeer.PreambleBytes];
        await (await down.Content.ReadAsStreamAsync(Limit)).ReadExactlyAsync(preamble, Limit);
        preamble.AsSpan().StartsWith("TunnelRpc legs 1\r\n"u8).ShouldBeTrue();
    }

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
    public async Task Unknown_carriers_wrong_proofs_and_other_users_are_answered_alike()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { User = "ada" };
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        using LegsPeer guess = new(server.Address) { User = "ada", Id = peer.Id };
        using LegsPeer stranger = new(server.Address) { User = "eve", Id = peer.Id, Key = peer.Key };
        using LegsPeer nobody = new(server.Address) { Id = peer.Id, Key = peer.Key };
        using LegsPeer unknown = new(server.Address) { User = "ada" };
        HttpRequestMessage unproved = peer.Block(0, "x");
        unproved.Headers.Remove("TunnelRpc-Proof");
        HttpRequestMessage bent = peer.Block(0, "x");
        bent.Headers.Remove("TunnelRpc-Leg");
        bent.Headers.Add("TunnelRpc-Leg", "block 1 1 0 1 0");
        HttpRequestMessage senseless = peer.Up("nothing 1 1 0 1 0", "x");

        (int Status, string Text)[] refusals =
        [
            await guess.AskAsync(guess.Block(0, "x"), Limit),
            await stranger.AskAsync(stranger.Block(0, "x"), Limit),
            await nobody.AskAsync(nobody.Down("poll 2 0 0 0 0"), Limit),
            await unknown.AskAsync(unknown.Block(0, "x"), Limit),
            await unknown.AskAsync(unknown.Down("poll 1 0 0 0 0"), Limit),
            await guess.AskAsync(guess.Up("stream 2 0 0 0 0", "x"), Limit),
            await guess.AskAsync(guess.Up("end 1 0 0 0 0"), Limit),
            await guess.AskAsync(guess.Down("poll 1 0 0 0 0", isFirst: true), Limit),
            await peer.AskAsync(unproved, Limit),
            await peer.AskAsync(bent, Limit),
            await peer.AskAsync(senseless, Limit),
        ];

        refusals.Distinct().ShouldHaveSingleItem().Status.ShouldBe(404);
        (await peer.BlockAsync(0, "still works", Limit)).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, Limit)).ShouldBe("still works");
        connection.Info.User?.Identity?.Name.ShouldBe("ada");
    }

    [Fact]
    public async Task A_captured_request_that_is_played_again_changes_nothing()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await peer.BlockAsync(0, "abc", Limit);
        string upload = LegsPeer.Record(1, "def");
        (await peer.AskAsync(peer.Up("stream 2 3 0 0 0", upload), Limit)).Status.ShouldBe(204);
        await connection.WriteAsync("down", Limit);
        (await peer.PollAsync(2, 0, Limit)).Data.ShouldBe("down");
        (await peer.AskAsync(peer.Down("poll 3 4 4 0 1"), Limit)).Status.ShouldBe(200);

        (await peer.AskAsync(peer.Block(0, "abc"), Limit)).Status.ShouldBe(409, "blocks ended with the stream's epoch");
        (await peer.AskAsync(peer.Up("stream 2 3 0 0 0", upload), Limit)).Status.ShouldBe(409);
        (await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit)).Status.ShouldBe(409);

        (await peer.BlockAsync(6, "ghi", Limit, epoch: 3)).ShouldBe((204, 9));
        (await connection.ReadTextAsync(9, Limit)).ShouldBe("abcdefghi");
    }

    [Theory]
    [InlineData("down", "poll 2 0 0 0 0")]
    [InlineData("down", "stream 2 0 0 0 0")]
    [InlineData("up", "block 1 0 0 0 0")]
    [InlineData("up", "stream 2 0 0 0 0")]
    [InlineData("up", "end 1 0 0 0 0")]
    public async Task A_foreign_origin_is_refused_on_every_leg(string way, string leg)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        peer.Origin = "https://elsewhere.example";

        (await peer.AskAsync(way == "down" ? peer.Down(leg) : peer.Up(leg), Limit)).Status.ShouldBe(403);

        peer.Origin = null;
        (await peer.BlockAsync(0, "fine", Limit)).Status.ShouldBe(204);
    }

    [Fact]
    public async Task A_carrier_that_has_ended_is_gone_for_those_who_knew_it()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        using LegsPeer guess = new(server.Address) { Id = peer.Id };

        (await peer.AskAsync(peer.Up("end 1 0 0 0 0"), Limit)).Status.ShouldBe(204);
        (await connection.ReadAsync(new byte[1], Limit)).ShouldBe(0);
        await connection.DisposeAsync();

        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
        (await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit)).Status.ShouldBe(410);
        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(410);
        (await guess.AskAsync(guess.Block(0, "x"), Limit)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_client_that_goes_in_the_middle_is_told_from_one_that_has_finished()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await peer.BlockAsync(0, "half a ", Limit);

        (await peer.AskAsync(peer.Up("reset 2 7 0 0 0"), Limit)).Status.ShouldBe(204);

        (await connection.ReadTextAsync(7, Limit)).ShouldBe("half a ");
        (await Should.ThrowAsync<TransportException>(() => connection.ReadAsync(new byte[1], Limit).AsTask())).Message.ShouldContain("in the middle");
        await Should.ThrowAsync<TransportException>(() => connection.WriteAsync("x", Limit).AsTask());
    }

    [Fact]
    public async Task A_repeated_poll_gets_the_same_bytes_again()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await connection.WriteAsync("read twice", Limit);

        (await peer.PollAsync(2, 0, Limit)).Data.ShouldBe("read twice");
        (await peer.PollAsync(2, 0, Limit)).Data.ShouldBe("read twice");
        (await peer.PollAsync(3, 5, Limit)).Data.ShouldBe("twice");
        (await peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit)).Status.ShouldBe(409);
    }

    [Fact]
    public async Task The_first_poll_may_be_repeated_too()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);

        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(200);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        (await peer.BlockAsync(0, "one carrier", Limit)).ShouldBe((204, 11));
        (await connection.ReadTextAsync(11, Limit)).ShouldBe("one carrier");
    }

    [Fact]
    public async Task What_was_not_consumed_is_there_and_what_was_is_not()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        await connection.WriteAsync("0123456789", Limit);
        await peer.PollAsync(2, 0, Limit);

        await peer.AskAsync(peer.Up("block 1 0 4 0 0"), Limit);

        (await peer.AskAsync(peer.Down("poll 3 3 4 0 0"), Limit)).Status.ShouldBe(409);
        (await peer.AskAsync(peer.Up("block 1 0 11 0 0"), Limit)).Status.ShouldBe(400);
        (await peer.PollAsync(3, 4, Limit)).Data.ShouldBe("456789");
    }

    [Fact]
    public async Task The_servers_end_answers_a_poll_that_hangs()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        Task<(int Status, string Data, bool IsEnd)> poll = peer.PollAsync(2, 0, Limit);

        await connection.DisposeAsync();

        (await poll).ShouldBe((200, "", true));
    }

    [Fact]
    public async Task A_poll_without_anything_to_answer_is_let_go_after_25_seconds()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);

        Task<(int Status, string Data, bool IsEnd)> poll = peer.PollAsync(2, 0, Limit);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(25));
        time.Advance(TimeSpan.FromSeconds(25));

        (await poll).ShouldBe((204, "", false));
    }

    [Fact]
    public async Task A_streamed_download_ends_in_order_when_it_is_old_enough()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address) { Legs = "1 blocks stream" };
        using HttpResponseMessage down = await peer.SendAsync(peer.Down("stream 1 0 0 0 0", isFirst: true), Limit);
        await peer.BlockAsync(0, "", Limit);
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        Stream body = await down.Content.ReadAsStreamAsync(Limit);
        await body.ReadExactlyAsync(new byte[LegsPeer.PreambleBytes + 12], Limit);
        await connection.WriteAsync("before", Limit);
        byte[] record = new byte[10];
        await body.ReadExactlyAsync(record, Limit);

        time.Advance(TimeSpan.FromSeconds(300));
        (await body.ReadAsync(new byte[1], Limit)).ShouldBe(0);
        await connection.WriteAsync(", after", Limit);

        LegsPeer.Data(record).ShouldBe(("before", false));
        (await peer.PollAsync(2, 6, Limit)).Data.ShouldBe(", after");
    }

    [Fact]
    public async Task Another_download_ends_the_one_before()
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        Task<(int Status, string Text)> first = peer.AskAsync(peer.Down("poll 2 0 0 0 0"), Limit);

        Task<(int Status, string Data, bool IsEnd)> second = peer.PollAsync(3, 0, Limit);
        Exception? ended = await Record.ExceptionAsync(() => first);
        await connection.WriteAsync("for the second", Limit);

        (await second).Data.ShouldBe("for the second");
        if (ended is null)
        {
            // It was let go with nothing, or came after the second.
            (await first).Status.ShouldBeOneOf(204, 409);
        }
        else
        {
            ended.ShouldBeOfType<HttpRequestException>();
        }
    }

    [Fact]
    public async Task A_client_without_any_exchange_is_lost_after_30_seconds()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, Limit);
        Task<int> reading = connection.ReadAsync(new byte[1], Limit).AsTask();

        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30));

        (await Should.ThrowAsync<TransportException>(() => reading)).Message.ShouldContain("no exchange of the client's came for 30 s");
        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task A_carrier_gives_up_when_nothing_comes_up()
    {
        FakeTimeProvider time = new();
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor(time));
        using LegsPeer peer = new(server.Address);
        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(200);

        time.Advance(TimeSpan.FromSeconds(10));

        (await peer.AskAsync(peer.Block(0, "x"), Limit)).Status.ShouldBe(410);
    }

    [Fact]
    public async Task Carriers_that_nothing_came_up_for_are_limited_in_number()
    {
        await using TunnelServer server = await StartAsync(new LegsTransportAcceptor { MaxPendingCarriers = 2 });
        using LegsPeer first = new(server.Address);
        using LegsPeer second = new(server.Address);
        using LegsPeer third = new(server.Address);
        await first.AskAsync(first.Down("poll 1 0 0 0 0", isFirst: true), Limit);
        await second.AskAsync(second.Down("poll 1 0 0 0 0", isFirst: true), Limit);

        (int status, _) = await third.AskAsync(third.Down("poll 1 0 0 0 0", isFirst: true), Limit);
        TransportException failure = await Should.ThrowAsync<TransportException>(() => new LongPollTransport().ConnectAsync(server.Endpoint, Limit).AsTask());

        (status, failure.HttpStatus, failure.IsDefinite).ShouldBe((503, 503, false));
        await second.BlockAsync(0, "", Limit);
        await using ITransportConnection connection = await server.AcceptAsync(Limit);
        (await third.AskAsync(third.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(200);
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

    [Theory]
    [InlineData("not-hex")]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Names_that_clients_do_not_make_are_not_legs(string id)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Id = id };

        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(426);
    }

    [Theory]
    [InlineData("1 stream")]
    [InlineData("2 blocks poll")]
    [InlineData("1 poll blocks")]
    public async Task Choices_of_legs_that_there_are_not_make_no_carrier(string legs)
    {
        await using TunnelServer server = await StartAsync();
        using LegsPeer peer = new(server.Address) { Legs = legs };

        (await peer.AskAsync(peer.Down("poll 1 0 0 0 0", isFirst: true), Limit)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task No_secret_is_in_a_url_and_the_key_goes_over_the_wire_once()
    {
        await using TunnelServer server = await StartAsync();
        await using ConnectProxy proxy = ConnectProxy.Start();

        await using ITransportConnection client = await new TwoConnectionTransport().ConnectAsync(server.Endpoint with { Proxy = proxy.Address }, Limit);
        await using ITransportConnection accepted = await server.AcceptAsync(Limit);
        await client.WriteAsync("through a plain proxy", Limit);

        (await accepted.ReadTextAsync(21, Limit)).ShouldBe("through a plain proxy");
        string[] heads = [.. proxy.Heads];
        heads.Length.ShouldBe(2);
        heads[0].ShouldContain("/down?n=1 HTTP/1.1\r\n");
        heads[1].ShouldContain("/up HTTP/1.1\r\n");
        heads[1].ShouldContain("\r\nExpect: 100-continue\r\n");
        heads[1].ShouldContain("\r\nTransfer-Encoding: chunked\r\n");
        string key = heads[0].Split("TunnelRpc-Key: ")[1].Split("\r\n")[0];
        heads[0].Split("\r\n")[0].ShouldNotContain(key);
        heads[1].ShouldNotContain(key);
        heads[1].ShouldNotContain("TunnelRpc-Key");
    }

    [Fact]
    public async Task An_answer_in_the_servers_place_is_told_in_words()
    {
        using RawServer server = new();
        Task<ITransportConnection> connecting = new TwoConnectionTransport().ConnectAsync(server.Endpoint, Limit).AsTask();
        using RawPeer peer = await server.AcceptAsync(Limit);
        await peer.ReadHeadAsync(Limit);

        await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nPlease login", Limit);

        TransportException failure = await Should.ThrowAsync<TransportException>(() => connecting);
        failure.IsDefinite.ShouldBeTrue();
        failure.Message.ShouldContain("in the server's place");
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

    private static Task<TunnelServer> StartAsync(LegsTransportAcceptor? acceptor = null) => TunnelServer.StartAsync([acceptor ?? new LegsTransportAcceptor()]);
}
