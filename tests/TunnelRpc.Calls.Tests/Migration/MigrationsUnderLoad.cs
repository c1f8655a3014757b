using Shouldly;
using TunnelRpc.Sessions;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;
using Xunit;

namespace TunnelRpc.Calls.Tests.Migration;

/// <summary>A session that migrates repeatedly between real transports while both sides make calls and read streams.</summary>
public sealed class MigrationsUnderLoad
{
    private const int Migrations = 60;
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Calls_run_once_and_streams_are_complete_during_migrations()
    {
        var atServer = new Counted();
        var atClient = new Counted();
        await using ConnectedPair pair = await ConnectedPair.StartAsync(
            new UpgradeTransport(), server => server.AddService<ICounted>(atServer), _ => { }, client => client.Serve<ICounted>(atClient));
        string session = pair.Client.SessionId.ShouldNotBeNull();
        using var stop = new CancellationTokenSource();
        Task<int>[] calls = [CallAsync(pair.Stub<ICounted>(false), stop.Token), CallAsync(pair.Stub<ICounted>(true), stop.Token)];
        Task<int>[] streams = [StreamAsync(pair.Stub<ICounted>(false), stop.Token), StreamAsync(pair.Stub<ICounted>(true), stop.Token)];
        ITransport[] transports =
            [new WebSocketTransport(), new ReverseHttpTransport(), new TwoConnectionTransport(), new NPlusOneTransport(),
                new LongPollTransport(), new UpgradeTransport()];
        TunnelEndpoint endpoint = new(pair.Client.Report!.Address);

        int moves = 0;
        for (int i = 0; i < Migrations; i++)
        {
            // The server closes the old path first. If the path monitor of the client notices that before the migration completes here,
            // it connects a path itself and this migration fails.
            moves += await MigrateAsync(pair.Client.CurrentPeer!.Session, transports[i % transports.Length], endpoint)
                .WaitAsync(HangTimeout) ? 1 : 0;
        }

        await stop.CancelAsync();
        int[] made = await Task.WhenAll(calls).WaitAsync(HangTimeout);
        int[] counted = await Task.WhenAll(streams).WaitAsync(HangTimeout);
        pair.Client.SessionId.ShouldBe(session);
        moves.ShouldBeGreaterThan(Migrations / 2);
        made.ShouldAllBe(calls => calls > Migrations);
        counted.ShouldAllBe(streams => streams > 0);
        ShouldHaveRunOnce(atServer, made[0]);
        ShouldHaveRunOnce(atClient, made[1]);
    }

    private static async Task<bool> MigrateAsync(TunnelSession session, ITransport transport, TunnelEndpoint endpoint)
    {
        using PathMigration move = session.Paths.BeginMigration();
        ITransportConnection connection = await transport.ConnectAsync(endpoint, CancellationToken.None);
        ResumeResult path = await SessionHandshake.ResumeAsync(connection, session, new TunnelLimits(), null, CancellationToken.None);
        return await session.Paths.AttachAsync(connection, path.ReceiveBuffer, path.Epoch, path.AcknowledgedOffset) is not null;
    }

    /// <summary>Makes calls with unique numbers, 16 at a time, until <paramref name="stop"/>. Returns the number of calls.</summary>
    private static async Task<int> CallAsync(ICounted service, CancellationToken stop)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                int number = Interlocked.Increment(ref next);
                (await service.AddAsync(number, CancellationToken.None)
                    .AsTask().WaitAsync(HangTimeout, CancellationToken.None)).ShouldBe(number);
            }
        }));
        return next;
    }

    private static async Task<int> StreamAsync(ICounted service, CancellationToken stop)
    {
        int streams = 0;
        while (!stop.IsCancellationRequested)
        {
            int expected = 0;
            await foreach (int number in service.CountAsync(20_000, CancellationToken.None))
            {
                number.ShouldBe(expected++);
            }

            expected.ShouldBe(20_000);
            streams++;
        }

        return streams;
    }

    private static void ShouldHaveRunOnce(Counted counted, int calls)
    {
        counted.Runs.Count.ShouldBe(calls);
        counted.Runs.Where(r => r.Value != 1).ShouldBeEmpty();
    }
}
