using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>What both sides have to send again when nothing of it was acknowledged, over a path that holds less than that.</summary>
public sealed class RetransmissionTests
{
    private const int Rounds = 20;

    // The path in memory holds 64 KiB each way.
    private const int Unacknowledged = 600_000;

    [Fact]
    public async Task Retransmission_under_backpressure_loses_no_ack_and_no_byte()
    {
        var time = new FakeTimeProvider();
        var options = new TunnelOptions { TimeProvider = time, KeepAliveInterval = TimeSpan.FromHours(10) };
        var clientSink = new RecordingSink();
        var serverSink = new RecordingSink();
        (BlockableConnection atClient, BlockableConnection atServer) = await LinkAsync();
        atClient.Block();
        atServer.Block();
        TunnelSession client = SessionFactory.Create(isClient: true, atClient, options);
        TunnelSession server = SessionFactory.Create(isClient: false, atServer, options);
        client.Start(clientSink);
        server.Start(serverSink);
        byte[] up = RandomNumberGenerator.GetBytes(Unacknowledged * Rounds);
        byte[] down = RandomNumberGenerator.GetBytes(Unacknowledged * Rounds);

        for (int round = 0; round < Rounds; round++)
        {
            SessionWriting.Write(client, up.AsSpan(round * Unacknowledged, Unacknowledged));
            SessionWriting.Write(server, down.AsSpan(round * Unacknowledged, Unacknowledged));
            await Task.WhenAll(atClient.WriteBlocked, atServer.WriteBlocked).DefaultTimeout();

            // Of what was to go on the held path nothing has gone, and all of it goes both ways at once on the next one.
            (atClient, atServer) = await LinkAsync();
            uint epoch = (uint)round + 2;
            using PathMigration here = client.Paths.BeginMigration();
            using PathMigration there = server.Paths.BeginMigration();
            SessionPath?[] attached = await Task.WhenAll(
                client.Paths.AttachAsync(atClient, new ReceiveBuffer(atClient), epoch, server.ReceivedOffset),
                server.Paths.AttachAsync(atServer, new ReceiveBuffer(atServer), epoch, client.ReceivedOffset)).DefaultTimeout();
            attached.ShouldAllBe(path => path != null);
            await serverSink.ReceivedAsync((round + 1) * Unacknowledged).DefaultTimeout();
            await clientSink.ReceivedAsync((round + 1) * Unacknowledged).DefaultTimeout();

            while (client.GetPathProgress().IsAwaitingAck || server.GetPathProgress().IsAwaitingAck)
            {
                time.Advance(TimeSpan.FromMilliseconds(25));
                await Task.Yield();
            }

            // Else the next round's writes would go before they are held.
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
