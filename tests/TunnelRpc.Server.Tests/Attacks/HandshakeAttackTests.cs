using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Attacks;

/// <summary>Bytes without effect before and during the handshake: they are limited on both sides.</summary>
public sealed class HandshakeAttackTests
{
    // 64 records of 4 KiB: four times what is permitted.
    private static readonly byte[] Padding =
        [.. Enumerable.Repeat(Wire.Record(RecordType.Pad, new byte[4 << 10]), 64).SelectMany(record => record)];

    [Fact]
    public async Task Padding_before_HELLO_is_refused_after_64_KiB()
    {
        await using ServerApp app = await ServerApp.StartAsync(services => services.AddService<IWorkbench>(new Workbench()));
        await using RawSession attacker = await RawSession.OpenPathAsync(app.Address());

        Task sending = attacker.Peer.SendAsync(Padding);
        Refusal refusal = Refusal.Parse(await attacker.Peer.ReadRecordAsync(RecordType.Refuse));
        await Record.ExceptionAsync(() => sending);

        refusal.Reason.ShouldContain($"{SessionHandshake.MaxIgnoredBytes} bytes of ignored records");
    }

    [Fact]
    public async Task Padding_within_the_limit_and_empty_records_of_unknown_types_are_ignored()
    {
        await using ServerApp app = await ServerApp.StartAsync(services => services.AddService<IWorkbench>(new Workbench()));
        await using RawSession session = await RawSession.OpenPathAsync(app.Address());

        await session.Peer.SendAsync(RecordType.Pad, new byte[4 << 10]);
        await session.Peer.SendAsync((RecordType)0xFF);
        await session.Peer.SendAsync(RecordType.Hello, RawSession.CreateHello());

        Welcome.Parse(await session.Peer.ReadRecordAsync(RecordType.Welcome)).Ticket.ShouldNotBeNull();
    }

    [Fact]
    public async Task Padding_between_WELCOME_and_CONFIRM_is_refused()
    {
        await using ServerApp app = await ServerApp.StartAsync(services => services.AddService<IWorkbench>(new Workbench()));
        await using RawSession attacker = await RawSession.OpenPathAsync(app.Address());
        await attacker.Peer.SendAsync(RecordType.Hello, RawSession.CreateHello());
        await attacker.Peer.ReadRecordAsync(RecordType.Welcome);

        Task sending = attacker.Peer.SendAsync(Padding);
        Refusal refusal = Refusal.Parse(await attacker.Peer.ReadRecordAsync(RecordType.Refuse));
        await Record.ExceptionAsync(() => sending);

        refusal.Reason.ShouldContain("ignored records before Confirm");
    }

    [Fact]
    public async Task Server_that_pads_in_place_of_WELCOME_fails_the_attempt()
    {
        await using var server = new HostileServer(HostileServer.Upgraded, async connection =>
        {
            var peer = new RawPeer(connection);
            await peer.ReadRecordAsync(RecordType.Hello);
            await peer.SendAsync(Padding);
            await peer.DrainAsync();
        });
        await using TunnelClient client = server.CreateClient(new RecordingLoggerFactory());

        TunnelConnectException failed =
            await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Message.ShouldContain("ignored records before Welcome");
    }

    [Theory]
    [InlineData(TunnelStatus.Unavailable)]
    [InlineData(TunnelStatus.ResourceExhausted)]
    [InlineData(TunnelStatus.PermissionDenied)]
    public async Task Refusals_that_ask_to_wait_for_136_years_do_not_stop_reconnecting(TunnelStatus status)
    {
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int attempts = 0;
        await using var server = new HostileServer(HostileServer.Upgraded, async connection =>
        {
            var peer = new RawPeer(connection);
            await peer.ReadRecordAsync(RecordType.Hello);
            if (Interlocked.Increment(ref attempts) == 3)
            {
                third.SetResult();
            }

            byte[] refusal = new Refusal(status, TimeSpan.FromSeconds(uint.MaxValue), "wait").ToPayload();
            await peer.SendAsync(RecordType.Refuse, refusal);
            await peer.DrainAsync();
        });
        await using TunnelClient client = server.CreateClient(new RecordingLoggerFactory(), options =>
        {
            options.ReconnectDelay = TimeSpan.FromMilliseconds(10);
            options.MaxReconnectDelay = TimeSpan.FromMilliseconds(50);
        });

        client.KeepConnected();

        await third.Task.DefaultTimeout();
    }
}
