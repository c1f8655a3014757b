using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>Retransmission on both sides at once, of more bytes than the path buffers.</summary>
public sealed class RetransmissionTests
{
    private const int Rounds = 20;

    // The in-memory path buffers 64 KiB per direction.
    private const int UnacknowledgedBytes = 600_000;

    [Fact]
    public async Task Retransmission_under_backpressure_loses_no_ack_and_no_byte()
    {
        var time = new FakeTimeProvider();
        var options = new TunnelServerOptions { TimeProvider = time, KeepAliveInterval = TimeSpan.FromHours(10) };
        var clientSink = new RecordingSink();
        var serverSink = new RecordingSink();
        (BlockableConnection atClient, BlockableConnection atServer) = await LinkAsync();
        atClient.Block();
        atServer.Block();
        TunnelSession client = SessionFactory.Create(isClient: true, atClient, options);
        TunnelSession server = SessionFactory.Create(isClient: false, atServer, options);
        client.Start(clientSink);
        server.Start(serverSink);
        byte[] up = RandomNumberGenerator.GetBytes(UnacknowledgedBytes * Rounds);
        byte[] down = RandomNumberGenerator.GetBytes(UnacknowledgedBytes * Rounds);

        for (int round = 0; round < Rounds; round++)
        {
            SessionWriting.Write(client, up.AsSpan(round * UnacknowledgedBytes, UnacknowledgedBytes));
            SessionWriting.Write(server, down.AsSpan(round * UnacknowledgedBytes, UnacknowledgedBytes));
            await Task.WhenAll(atClient.WriteBlocked, atServer.WriteBlocked).DefaultTimeout();

            // Nothing was sent on the blocked path. On the next path, everything is sent in both directions at once.
            (atClient, atServer) = await LinkAsync();
            uint epoch = (uint)round + 2;
            using PathMigration clientMigration = client.Paths.BeginMigration();
            using PathMigration serverMigration = server.Paths.BeginMigration();
            SessionPath?[] attached = await Task.WhenAll(
                client.Paths.AttachAsync(atClient, new ReceiveBuffer(atClient), epoch, server.ReceivedOffset),
                server.Paths.AttachAsync(atServer, new ReceiveBuffer(atServer), epoch, client.ReceivedOffset)).DefaultTimeout();
            attached.ShouldAllBe(path => path != null);
            await serverSink.ReceivedAsync((round + 1) * UnacknowledgedBytes).DefaultTimeout();
            await clientSink.ReceivedAsync((round + 1) * UnacknowledgedBytes).DefaultTimeout();

            while (client.GetPathProgress().IsAwaitingAck || server.GetPathProgress().IsAwaitingAck)
            {
                time.Advance(TimeSpan.FromMilliseconds(25));
                await Task.Yield();
            }

            // Blocks before the next round writes.
            atClient.Block();
            atServer.Block();
        }

        serverSink.Data.AsSpan().SequenceEqual(up).ShouldBeTrue();
        clientSink.Data.AsSpan().SequenceEqual(down).ShouldBeTrue();
        (clientSink.Ends, serverSink.Ends).ShouldBe((0, 0));
        client.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        server.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        await Task.WhenAll(client.Completion, server.Completion).DefaultTimeout();
        await time.ShouldHaveNoActiveTimersAsync();
    }

    private static async Task<(BlockableConnection Client, BlockableConnection Server)> LinkAsync()
    {
        (ITransportConnection client, ITransportConnection server) = await InMemoryLink.OpenAsync();
        return (new BlockableConnection(client), new BlockableConnection(server));
    }
}
