using System.Buffers;
using System.Globalization;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Transports.Tests.Conformance;

/// <summary>
/// Tests of the contract of <see cref="ITransportConnection"/> for every transport. A derived class starts the transport's fixture.
/// </summary>
public abstract class TransportConformance : IDisposable
{
    // More bytes than all buffers of a loopback connection take, so that a write of them blocks until the peer reads.
    private const int BlockingBytes = 24 * 1024 * 1024;

    // Turns a hang into a failure.
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    private protected CancellationToken TimeoutToken => _timeout.Token;

    public void Dispose()
    {
        _timeout.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<ITransportFixture> StartAsync();

    [Fact]
    public async Task Bytes_pass_in_both_directions()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);

        await pair.Client.WriteAsync("to the server", TimeoutToken);
        await pair.Server.WriteAsync("to the client", TimeoutToken);

        (await pair.Server.ReadTextAsync(13, TimeoutToken)).ShouldBe("to the server");
        (await pair.Client.ReadTextAsync(13, TimeoutToken)).ShouldBe("to the client");
    }

    [Fact]
    public async Task Server_write_before_any_client_write_arrives()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);

        await pair.Server.WriteAsync("hello", TimeoutToken);

        (await pair.Client.ReadTextAsync(5, TimeoutToken)).ShouldBe("hello");
    }

    [Fact]
    public async Task Concurrent_10_MiB_in_both_directions_arrive_unchanged()
    {
        const int Total = 10 * 1024 * 1024;
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);

        await Task.WhenAll(
            pair.Client.WriteRandomAsync(1, Total, TimeoutToken),
            pair.Server.WriteRandomAsync(2, Total, TimeoutToken),
            pair.Server.ReadRandomAsync(1, Total, TimeoutToken),
            pair.Client.ReadRandomAsync(2, Total, TimeoutToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Single_byte_writes_are_sent_immediately(bool fromClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);
        byte[] received = new byte[16];

        for (byte value = 0; value < 100; value++)
        {
            await near.WriteAsync(new ReadOnlySequence<byte>([value]), TimeoutToken);

            (await far.ReadAsync(received, TimeoutToken)).ShouldBe(1);
            received[0].ShouldBe(value);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Zero_byte_read_waits_for_bytes_and_for_the_end(bool fromClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);
        if (near is not IZeroByteReadConnection { SupportsZeroByteReads: true })
        {
            return;
        }

        byte[] received = new byte[16];
        ValueTask<int> reading = near.ReadAsync(Memory<byte>.Empty, TimeoutToken);
        await far.WriteAsync("x", TimeoutToken);
        (await reading).ShouldBe(0);
        (await near.ReadAsync(received, TimeoutToken)).ShouldBe(1);
        received[0].ShouldBe((byte)'x');

        Task<int> ending = near.ReadAsync(Memory<byte>.Empty, TimeoutToken).AsTask();
        await far.DisposeAsync();

        // The end of a stream of HTTP/2 may be its reset.
        await Task.WhenAny(ending);
        (ending.IsCompletedSuccessfully || ending.Exception?.InnerException is TransportException).ShouldBeTrue();
        await near.ReadToEndAsync(TimeoutToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Empty_write_sends_nothing_and_keeps_the_connection_open(bool fromClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);

        await near.WriteAsync(ReadOnlySequence<byte>.Empty, TimeoutToken);
        await near.WriteAsync("x", TimeoutToken);

        byte[] received = new byte[16];
        (await far.ReadAsync(received, TimeoutToken)).ShouldBe(1);
        received[0].ShouldBe((byte)'x');
    }

    [Theory]
    [InlineData(true, new[] { 8, 100 })]
    [InlineData(false, new[] { 8, 100 })]
    [InlineData(true, new[] { 8, 70_000, 1, 65_536, 3 })]
    [InlineData(false, new[] { 8, 70_000, 1, 65_536, 3 })]
    [InlineData(true, new[] { 4, 0, 300_000 })]
    [InlineData(false, new[] { 4, 0, 300_000 })]
    public async Task Multi_segment_write_arrives_complete_and_in_order(bool fromClient, int[] lengths)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);
        ReadOnlySequence<byte> sent = ConnectionOperations.CountingSegments(lengths);
        Task writing = near.WriteAsync(sent, TimeoutToken).AsTask();

        byte[] received = new byte[sent.Length];
        for (int filled = 0; filled < received.Length;)
        {
            int read = await far.ReadAsync(received.AsMemory(filled), TimeoutToken);
            read.ShouldBeGreaterThan(0);
            filled += read;
        }

        await writing;
        received.AsSpan().SequenceEqual(sent.ToArray()).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reads_continue_while_a_write_blocks(bool fromClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);
        Task blocked = near.WriteRandomAsync(3, BlockingBytes, TimeoutToken);

        await far.WriteAsync("still here", TimeoutToken);
        string text = await near.ReadTextAsync(10, TimeoutToken);

        text.ShouldBe("still here");
        blocked.IsCompleted.ShouldBeFalse();
        await far.ReadRandomAsync(3, BlockingBytes, TimeoutToken);
        await blocked;
    }

    [Fact]
    public async Task Blocked_writes_of_both_sides_complete_when_reads_start()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        Task upload = pair.Client.WriteRandomAsync(4, BlockingBytes, TimeoutToken);
        Task download = pair.Server.WriteRandomAsync(5, BlockingBytes, TimeoutToken);

        await pair.Client.ReadRandomAsync(5, BlockingBytes, TimeoutToken);
        upload.IsCompleted.ShouldBeFalse();
        await pair.Server.ReadRandomAsync(4, BlockingBytes, TimeoutToken);

        await Task.WhenAll(upload, download);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_written_before_disposal_arrive_before_the_end(bool fromClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(fromClient);

        await near.WriteAsync("last bytes", TimeoutToken);
        await near.DisposeAsync();

        (await far.ReadTextAsync(10, TimeoutToken)).ShouldBe("last bytes");
        await far.ReadToEndAsync(TimeoutToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_disposal_ends_a_pending_read(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(ofClient);
        Task ending = far.ReadToEndAsync(TimeoutToken);

        await near.DisposeAsync();

        await ending;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_disposal_ends_a_blocked_write(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        (ITransportConnection near, ITransportConnection far) = pair.From(ofClient);
        Task blocked = far.WriteUntilItFailsAsync(TimeoutToken);

        await near.DisposeAsync();

        await Should.ThrowAsync<TransportException>(() => blocked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposal_ends_pending_read_and_write(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        ITransportConnection near = pair.From(ofClient).Near;
        Task reading = near.ReadAsync(new byte[1], TimeoutToken).AsTask();
        Task writing = near.WriteRandomAsync(7, BlockingBytes, TimeoutToken);

        await near.DisposeAsync();

        await Should.ThrowAsync<TransportException>(() => reading);
        await Should.ThrowAsync<TransportException>(() => writing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposed_connection_refuses_reads_and_writes_and_allows_disposal(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        ITransportConnection near = pair.From(ofClient).Near;
        await near.DisposeAsync();

        await near.DisposeAsync();

        await Should.ThrowAsync<TransportException>(() => near.ReadAsync(new byte[1], TimeoutToken).AsTask());
        await Should.ThrowAsync<TransportException>(() => near.WriteAsync("x", TimeoutToken).AsTask());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pending_read_when_cancelled_throws(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        using CancellationTokenSource cancel = new();
        Task reading = pair.From(ofClient).Near.ReadAsync(new byte[1], cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blocked_write_when_cancelled_throws(bool ofClient)
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        using CancellationTokenSource cancel = new();
        Task writing = pair.From(ofClient).Near.WriteRandomAsync(8, BlockingBytes, cancel.Token);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => writing);
    }

    [Fact]
    public async Task Connect_to_an_unreachable_server_fails_with_a_message()
    {
        await using ITransportFixture fixture = await StartAsync();
        TunnelEndpoint unreachable = await fixture.GetUnreachableEndpointAsync();

        TransportException failure = await Should.ThrowAsync<TransportException>(
            () => fixture.Transport.ConnectAsync(unreachable, TimeoutToken).AsTask());

        failure.Message.ShouldStartWith(fixture.Transport.Name + ": ");
    }

    [Fact]
    public async Task Connect_with_cancelled_token_is_cancelled()
    {
        await using ITransportFixture fixture = await StartAsync();

        await Should.ThrowAsync<OperationCanceledException>(
            () => fixture.Transport.ConnectAsync(fixture.Endpoint, new CancellationToken(canceled: true)).AsTask());
    }

    [Fact]
    public async Task Server_stop_ends_the_connection()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);
        Task ending = pair.Client.ReadToEndAsync(TimeoutToken);

        await fixture.StopServerAsync();

        await ending;
    }

    [Fact]
    public async Task Fifty_concurrent_connections_do_not_mix_their_bytes()
    {
        await using ITransportFixture fixture = await StartAsync();
        Task echoing = EchoAsync(fixture, 50);

        Task<string[]> exchanges = Task.WhenAll(Enumerable.Range(0, 50).Select(async number =>
        {
            await using ITransportConnection client = await fixture.Transport.ConnectAsync(fixture.Endpoint, TimeoutToken);
            await client.WriteAsync(number.ToString("D4", CultureInfo.InvariantCulture), TimeoutToken);
            return await client.ReadTextAsync(4, TimeoutToken);
        }));

        // A failure of the server is the cause of the client's: it is reported first.
        await await Task.WhenAny(echoing, exchanges);
        await echoing;
        (await exchanges).ShouldBe(Enumerable.Range(0, 50).Select(number => number.ToString("D4", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Info_has_the_transport_name_and_the_peer_address()
    {
        await using ITransportFixture fixture = await StartAsync();
        await using ConnectionPair pair = await ConnectionPair.OpenAsync(fixture, TimeoutToken);

        pair.Client.Info.Transport.ShouldBe(fixture.Transport.Name);
        pair.Client.Info.RemoteEndPoint.ShouldNotBeNullOrEmpty();
        pair.Server.Info.RemoteEndPoint.ShouldNotBeNullOrEmpty();
    }

    private async Task EchoAsync(ITransportFixture fixture, int connections)
    {
        for (int accepted = 0; accepted < connections; accepted++)
        {
            await using ITransportConnection server = await fixture.AcceptAsync(TimeoutToken);
            await server.WriteAsync(await server.ReadTextAsync(4, TimeoutToken), TimeoutToken);
        }
    }
}
