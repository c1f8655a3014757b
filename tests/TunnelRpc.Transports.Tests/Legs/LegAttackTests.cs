using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Http;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>Clients that are slow, open too much or send invalid numbers affect only their own exchange or leg connection.</summary>
public sealed class LegAttackTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData("down", "poll 2 9223372036854775807 0 0 0", 409)]
    [InlineData("down", "poll 2 0 9223372036854775807 0 0", 409)]
    [InlineData("down", "stream 2 9223372036854775807 0 0 0", 409)]
    [InlineData("down", "poll 2147483648 0 0 0 0", 404)]
    [InlineData("down", "poll 9223372036854775807 0 0 0 0", 404)]
    [InlineData("down", "poll 9223372036854775808 0 0 0 0", 404)]
    [InlineData("down", "poll 2 -1 0 0 0", 404)]
    [InlineData("down", "poll 2 0 0 0 18446744073709551616", 404)]
    [InlineData("down", "poll 0 0 0 0 0", 404)]
    [InlineData("up", "block 1 0 9223372036854775807 0 0", 400)]
    [InlineData("up", "block 1 0 0 9223372036854775807 0", 413)]
    [InlineData("up", "block 1 0 0 4294967296 0", 413)]
    [InlineData("up", "block 1 9223372036854775808 0 1 0", 404)]
    [InlineData("up", "block 1 0x1 0 1 0", 404)]
    [InlineData("up", "block 1  0 0 1 0", 404)]
    [InlineData("up", "block 4294967296 0 0 0 0", 404)]
    [InlineData("up", "stream 2 9223372036854775807 0 0 0", 409)]
    [InlineData("up", "stream 2 1 0 0 0", 409)]
    public async Task Invalid_numbers_are_refused_and_the_connection_survives(string direction, string leg, int status)
    {
        await using TransportTestServer server = await TransportTestServer.StartAsync([new LegTransportAcceptor()]);
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        HttpRequestMessage request = direction == "down" ? peer.CreateDownload(leg) : peer.CreateUpload(leg);
        (await peer.SendForTextAsync(request, TimeoutToken)).Status.ShouldBe(status);

        await connection.WriteAsync("down", TimeoutToken);
        (await peer.PollAsync(3, 0, TimeoutToken)).Data.ShouldBe("down");
        (await peer.BlockAsync(0, "up", TimeoutToken)).ShouldBe((204, 2));
        (await connection.ReadTextAsync(2, TimeoutToken)).ShouldBe("up");
    }

    [Fact]
    public async Task Block_with_a_huge_gap_is_refused_and_not_buffered()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await TransportTestServer.StartAsync([new LegTransportAcceptor(time)]);
        using LegPeer peer = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);

        Task<(int Status, long Received)> block = peer.BlockAsync(long.MaxValue, "x", TimeoutToken);
        await time.WhenTimerDueAsync(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));

        (await block).ShouldBe((409, 0));
        (await peer.BlockAsync(0, "up", TimeoutToken)).ShouldBe((204, 2));
    }

    [Fact]
    public async Task Blocks_with_stalled_bodies_are_limited_to_twelve_and_aborted_after_30_seconds()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await TransportTestServer.StartAsync([new LegTransportAcceptor(time)]);
        using LegPeer peer = new(server.Address);
        using LegPeer other = new(server.Address);
        await using ITransportConnection connection = await peer.OpenAsync(server, TimeoutToken);
        await using ITransportConnection otherConnection = await other.OpenAsync(server, TimeoutToken);
        List<StreamingContent> bodies = [];
        List<Task> stalled = [];
        for (int i = 0; i < 12; i++)
        {
            StreamingContent body = new();
            HttpRequestMessage request = peer.CreateUpload("block 1 0 0 1000 0");
            request.Content = body;
            Task<Stream> opened = body.GetStreamAsync();
            stalled.Add(peer.SendAsync(request, TimeoutToken));
            Stream stream = await opened;
            await stream.WriteAsync(new byte[1], TimeoutToken);
            await stream.FlushAsync(TimeoutToken);
            bodies.Add(body);

            // One timer per block, and the timer of the other connection, which has no exchange.
            await UntilAsync(() => time.ActiveTimers >= 1 + bodies.Count);
        }

        (await peer.SendForTextAsync(peer.CreateUpload("block 1 0 0 3 0", "abc"), TimeoutToken)).Status.ShouldBe(503);
        (await other.BlockAsync(0, "other!", TimeoutToken)).Status.ShouldBe(204);
        time.Advance(TimeSpan.FromSeconds(29));
        (await other.BlockAsync(6, ", again", TimeoutToken)).Status.ShouldBe(204);
        (await peer.SendForTextAsync(peer.CreateUpload("block 1 0 0 3 0", "abc"), TimeoutToken)).Status.ShouldBe(503);
        time.Advance(TimeSpan.FromSeconds(1));

        // The HTTP client sees the aborted exchange only when its body has ended.
        bodies.ForEach(body => body.Complete());
        foreach (Task aborted in stalled)
        {
            await Should.ThrowAsync<HttpRequestException>(() => aborted);
        }

        (await peer.BlockAsync(0, "abc", TimeoutToken)).ShouldBe((204, 3));
        (await connection.ReadTextAsync(3, TimeoutToken)).ShouldBe("abc");
        (await otherConnection.ReadTextAsync(13, TimeoutToken)).ShouldBe("other!, again");
    }

    [Fact]
    public async Task Thousands_of_abandoned_connections_are_forgotten_except_the_last_1024()
    {
        const int Connections = 1100;
        await using TransportTestServer server = await TransportTestServer.StartAsync(
            [new LegTransportAcceptor { MaxPendingConnections = 8 }]);
        using LegPeer first = new(server.Address);
        (await first.SendForTextAsync(first.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);
        (await first.SendForTextAsync(first.CreateUpload("reset 1 0 0 0 0"), TimeoutToken)).Status.ShouldBe(204);
        (await first.SendForTextAsync(first.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410);

        using LegPeer churning = new(server.Address);
        for (int i = 0; i < Connections; i++)
        {
            churning.Id = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
            (await churning.SendForTextAsync(churning.CreateDownload("poll 1 0 0 0 0", isFirst: true), TimeoutToken)).Status.ShouldBe(200);
            (await churning.SendForTextAsync(churning.CreateUpload("reset 1 0 0 0 0"), TimeoutToken)).Status.ShouldBe(204);
        }

        (await first.SendForTextAsync(first.Block(0, "x"), TimeoutToken)).Status.ShouldBe(404, "forgotten");
        (await churning.SendForTextAsync(churning.Block(0, "x"), TimeoutToken)).Status.ShouldBe(410, "remembered");
        using LegPeer good = new(server.Address);
        await using ITransportConnection connection = await good.OpenAsync(server, TimeoutToken);
        (await good.BlockAsync(0, "fine", TimeoutToken)).Status.ShouldBe(204);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }
}
