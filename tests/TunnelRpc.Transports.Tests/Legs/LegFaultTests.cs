using System.Collections.Concurrent;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.Tests.Conformance;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Transports.Tests.Legs;

/// <summary>The client's behavior with intermediaries that buffer, cut, lose and repeat.</summary>
public sealed class LegFaultTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));

    private CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose() => _timeout.Dispose();

    [Theory]
    [InlineData(nameof(RelayFault.BufferUntilComplete), 0, "the upload is buffered until it is complete")]
    [InlineData(nameof(RelayFault.DelayByOneWrite), 0, "the upload is delayed by one write")]
    [InlineData(nameof(RelayFault.BufferBelow), 10_000, "the upload is buffered below 20")]
    [InlineData(nameof(RelayFault.DropBody), 0, "the upload is dropped")]
    public async Task Upload_fault_is_diagnosed(string fault, int bytes, string reason)
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address, head => FaultyRelay.IsUpload(head) ? (Enum.Parse<RelayFault>(fault), bytes) : default);

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new TwoConnectionTransport().ConnectAsync(relay.Endpoint, TimeoutToken).AsTask());

        failure.Message.ShouldStartWith("two-connection: " + reason);
        failure.IsPermanent.ShouldBeTrue();
        await using ITransportConnection blocks = await new NPlusOneTransport().ConnectAsync(relay.Endpoint, TimeoutToken);
        blocks.Info.Transport.ShouldBe("n-plus-one");
    }

    [Theory]
    [InlineData(nameof(RelayFault.HeadOnly), "the download is buffered: the head of the response arrived, but not the first 2048 bytes")]
    [InlineData(nameof(RelayFault.BlackHoleResponse), "the download is buffered: not even the head of the response arrived")]
    public async Task Download_fault_is_diagnosed(string fault, string reason)
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address,
            head => head.Contains("TunnelRpc-Leg: stream", StringComparison.Ordinal) ? (Enum.Parse<RelayFault>(fault), 0) : default);

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => new NPlusOneTransport().ConnectAsync(relay.Endpoint, TimeoutToken).AsTask());

        failure.Message.ShouldStartWith("n-plus-one: " + reason);
        failure.IsPermanent.ShouldBeTrue();
        await using ITransportConnection polls = await new LongPollTransport().ConnectAsync(relay.Endpoint, TimeoutToken);
        polls.Info.Transport.ShouldBe("long-poll");
    }

    [Fact]
    public async Task Broken_upload_is_reopened_without_loss()
    {
        await using TransportTestServer server = await StartAsync();
        int uploads = 0;
        await using FaultyRelay relay = new(
            server.Address, head => FaultyRelay.IsUpload(head) && uploads++ == 0 ? (RelayFault.CutUpload, 100_000) : default);
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);

        await EchoAsync(pair, 700_000);

        relay.Heads.Count(FaultyRelay.IsUpload).ShouldBe(2);
        relay.Heads.ShouldNotContain(head => head.Contains("TunnelRpc-Leg: block", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Uploads_are_rotated_below_the_usual_body_limit_without_loss()
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address, head => FaultyRelay.IsUpload(head) ? (RelayFault.CutUpload, 1 << 20) : default);
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);

        await EchoAsync(pair, 5_000_000);

        relay.Heads.Count(FaultyRelay.IsUpload).ShouldBe(7);
        relay.Heads.ShouldNotContain(head => head.Contains("TunnelRpc-Leg: block", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Repeatedly_broken_upload_is_replaced_by_blocks_without_loss()
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address, head => FaultyRelay.IsUpload(head) ? (RelayFault.CutUpload, 100_000) : default);
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);

        await EchoAsync(pair, 3_000_000);

        relay.Heads.Count(FaultyRelay.IsUpload).ShouldBe(2);
        relay.Heads.ShouldContain(head => head.Contains("TunnelRpc-Leg: block 3 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upload_with_a_known_lifetime_is_rotated_before_it_breaks()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(server.Address, _ => default);
        TunnelEndpoint endpoint = relay.Endpoint with { TimeProvider = time };
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), endpoint, server);

        // Two uploads break after 8 s. The one between them and all later ones are rotated after 6 s.
        foreach ((int epoch, bool breaks) in new[] { (1, true), (2, false), (3, true), (4, false), (5, false) })
        {
            await relay.NextAsync($"TunnelRpc-Leg: stream {epoch} ", TimeoutToken);
            await ExchangeAsync(pair);
            time.Advance(TimeSpan.FromSeconds(breaks ? 8 : 6));
            if (breaks)
            {
                relay.Cut("POST");
            }
        }

        await relay.NextAsync("TunnelRpc-Leg: stream 6 ", TimeoutToken);
        await ExchangeAsync(pair);
    }

    [Fact]
    public async Task Broken_download_is_reopened_without_loss()
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address, head => head.StartsWith("GET", StringComparison.Ordinal) ? (RelayFault.CutDownload, 150_000) : default);
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);

        await EchoAsync(pair, 3_000_000);

        relay.Heads.Count(head => head.StartsWith("GET", StringComparison.Ordinal)).ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task Repeatedly_broken_download_fails_the_connection()
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(
            server.Address,
            head => head.Contains("TunnelRpc-Leg: stream 1 ", StringComparison.Ordinal) ? default : (RelayFault.CutDownload, 0));
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);
        Task<int> reading = pair.Client.ReadAsync(new byte[1], TimeoutToken).AsTask();

        relay.Cut("GET");

        (await Should.ThrowAsync<TransportException>(() => reading)).Message.ShouldStartWith("two-connection: ");
    }

    [Fact]
    public async Task Rotated_download_continues_without_loss()
    {
        FakeTimeProvider time = new();
        await using TransportTestServer server = await StartAsync(time);
        await using FaultyRelay relay = new(server.Address, _ => default);
        await using ConnectionPair pair = await OpenAsync(new TwoConnectionTransport(), relay.Endpoint, server);

        foreach (int epoch in new[] { 1, 2, 3 })
        {
            await relay.NextAsync($"TunnelRpc-Leg: stream {epoch} ", TimeoutToken);
            await ExchangeAsync(pair);
            time.Advance(TimeSpan.FromSeconds(300));
            await pair.Server.WriteAsync("while it is being opened", TimeoutToken);
            (await pair.Client.ReadTextAsync(24, TimeoutToken)).ShouldBe("while it is being opened");
        }
    }

    [Theory]
    [InlineData(nameof(RelayFault.DropResponse))]
    [InlineData(nameof(RelayFault.CloseAfterResponse))]
    public async Task Lost_responses_and_closed_connections_do_not_change_the_bytes(string fault)
    {
        await using TransportTestServer server = await StartAsync();
        ConcurrentDictionary<string, bool> requested = new();
        bool isOpen = false;
        await using FaultyRelay relay = new(server.Address, head =>
        {
            // After the connection is open, the first response to each exchange is dropped, and the response to its retry is not.
            bool isDropped = requested.TryAdd(KindAndOffset(head), true) && Volatile.Read(ref isOpen);
            return fault == nameof(RelayFault.DropResponse) && isDropped
                ? (RelayFault.DropResponse, 0)
                : (RelayFault.CloseAfterResponse, 0);
        });
        await using ConnectionPair pair = await OpenAsync(new LongPollTransport(), relay.Endpoint, server);
        Volatile.Write(ref isOpen, true);

        await EchoAsync(pair, 2_000_000);
    }

    [Fact]
    public async Task Single_write_is_sent_immediately_and_later_writes_are_coalesced()
    {
        await using TransportTestServer server = await StartAsync();
        int blocks = 0;
        await using FaultyRelay relay = new(
            server.Address,
            head => head.StartsWith("POST", StringComparison.Ordinal) && blocks++ == 1
                ? (RelayFault.WaitForGate, 0)
                : (RelayFault.CloseAfterResponse, 0));
        await using ConnectionPair pair = await OpenAsync(new LongPollTransport(), relay.Endpoint, server);

        await pair.Client.WriteAsync("0", TimeoutToken);
        (await pair.Server.ReadTextAsync(1, TimeoutToken)).ShouldBe("0");
        for (int number = 0; number < 50; number++)
        {
            await pair.Client.WriteAsync("x", TimeoutToken);
        }

        relay.Gate.SetResult();
        (await pair.Server.ReadTextAsync(50, TimeoutToken)).ShouldBe(new string('x', 50));

        relay.Heads.Count(head => head.Contains(" block ", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task Stopped_server_ends_the_connection()
    {
        await using TransportTestServer server = await StartAsync();
        await using FaultyRelay relay = new(server.Address, _ => default);
        await using ConnectionPair pair = await OpenAsync(new StreamPollTransport(), relay.Endpoint, server);
        Task reading = pair.Client.ReadToEndAsync(TimeoutToken);

        await server.StopAsync();
        relay.Cut("/tunnel/");

        await reading;
        await Should.ThrowAsync<TransportException>(() => pair.Client.WriteUntilItFailsAsync(TimeoutToken));
    }

    private static Task<TransportTestServer> StartAsync(TimeProvider? time = null) =>
        TransportTestServer.StartAsync([new LegTransportAcceptor(time)]);

    private async Task<ConnectionPair> OpenAsync(ITransport transport, TunnelEndpoint endpoint, TransportTestServer server)
    {
        Task<ITransportConnection> accepting = server.AcceptAsync(TimeoutToken).AsTask();
        ITransportConnection client = await transport.ConnectAsync(endpoint, TimeoutToken);
        return new ConnectionPair(client, await accepting);
    }

    private async Task ExchangeAsync(ConnectionPair pair)
    {
        await pair.Client.WriteAsync("up", TimeoutToken);
        (await pair.Server.ReadTextAsync(2, TimeoutToken)).ShouldBe("up");
        await pair.Server.WriteAsync("down", TimeoutToken);
        (await pair.Client.ReadTextAsync(4, TimeoutToken)).ShouldBe("down");
    }

    /// <summary>Returns the kind and the offset of an exchange, which its retry has, too.</summary>
    private static string KindAndOffset(string head)
    {
        string[] leg = head.Split('\n').Single(line => line.StartsWith("TunnelRpc-Leg: ", StringComparison.Ordinal)).Split(' ');
        return $"{leg[1]} {leg[3]}";
    }

    private Task EchoAsync(ConnectionPair pair, int bytes) => Task.WhenAll(
        pair.Client.WriteRandomAsync(1, bytes, TimeoutToken),
        pair.Server.WriteRandomAsync(2, bytes, TimeoutToken),
        pair.Server.ReadRandomAsync(1, bytes, TimeoutToken),
        pair.Client.ReadRandomAsync(2, bytes, TimeoutToken));
}
