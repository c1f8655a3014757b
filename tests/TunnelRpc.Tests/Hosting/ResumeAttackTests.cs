using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Client;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Tests.Hosting;

/// <summary>Attacks on the resumption of sessions: refusals reveal nothing, and other sessions are not affected.</summary>
public sealed class ResumeAttackTests
{
    [Fact]
    public async Task Resume_with_a_guessed_key_is_refused_as_for_an_unknown_session()
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync();
        HashSet<string> refusals = [];

        for (int i = 0; i < 1000; i++)
        {
            // Alternately a known and an unknown session, always with a wrong key.
            Guid id = i % 2 == 0 ? ticket.SessionId : new Guid(RandomNumberGenerator.GetBytes(16));
            var guess = new SessionTicket(id, RandomNumberGenerator.GetBytes(32), TimeSpan.Zero);
            await using RawPeer attacker = await rig.BeginResumeAsync(guess, epoch: 2);
            refusals.Add((await ServerRig.ReadRefusalAsync(attacker)).ToString());
        }

        refusals.ShouldHaveSingleItem().ShouldContain("There is no such session to resume.");
        await ServerRig.ShouldBeAliveAsync(peer);
        await using RawPeer owner = await rig.BeginResumeAsync(ticket, epoch: 2);
        (await ServerRig.FinishResumeAsync(owner)).Epoch.ShouldBe(2u);
    }

    [Fact]
    public async Task Resume_by_another_user_is_refused_as_for_an_unknown_session()
    {
        await using ServerRig rig = ServerRig.Start();
        ClaimsPrincipal ada = ServerRig.User("ada", subject: "1");
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync(ada);
        ClaimsPrincipal?[] others =
        [
            null,
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada"), new Claim("sub", "1")])),
            ServerRig.User("eve", subject: "1"),
            ServerRig.User("ada", subject: "2"),
            ServerRig.User("ada"),
            ServerRig.User("ada", "other scheme", "1"),
            new ClaimsPrincipal([.. ada.Identities, .. ServerRig.User("eve").Identities]),
        ];

        foreach (ClaimsPrincipal? other in others)
        {
            await using RawPeer attacker = await rig.BeginResumeAsync(ticket, epoch: 2, user: other);
            Refusal refusal = await ServerRig.ReadRefusalAsync(attacker);
            (refusal.Status, refusal.Reason).ShouldBe((TunnelStatus.NotFound, "There is no such session to resume. Start a new one."));
        }

        await ServerRig.ShouldBeAliveAsync(peer);
        await using RawPeer own = await rig.BeginResumeAsync(ticket, epoch: 2, user: ServerRig.User("ada", subject: "1"));
        (await ServerRig.FinishResumeAsync(own)).Epoch.ShouldBe(2u, "a refused resumption claims no epoch");
    }

    [Fact]
    public async Task Resume_at_another_endpoint_is_refused_as_for_an_unknown_session()
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync(endpoint: "/inside");

        foreach (string? endpoint in (string?[])["/outside", "/inside/", "/Inside", null])
        {
            await using RawPeer elsewhere = await rig.BeginResumeAsync(ticket, epoch: 2, endpoint: endpoint);
            Refusal refusal = await ServerRig.ReadRefusalAsync(elsewhere);
            (refusal.Status, refusal.Reason).ShouldBe((TunnelStatus.NotFound, "There is no such session to resume. Start a new one."));
        }

        await ServerRig.ShouldBeAliveAsync(peer);
        await using RawPeer there = await rig.BeginResumeAsync(ticket, epoch: 2, endpoint: "/inside");
        (await ServerRig.FinishResumeAsync(there)).Epoch.ShouldBe(2u);
    }

    [Fact]
    public async Task Resume_at_another_mapped_path_is_refused()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddTunnelRpc();
        await using WebApplication app = builder.Build();
        app.MapTunnelRpc("/one");
        app.MapTunnelRpc("/two");
        await app.StartAsync();
        var transport = new UpgradeTransport();
        await using TunnelClient client = await TunnelClient.ConnectAsync(new Uri(app.Urls.First() + "/one"), options =>
        {
            options.Transports.Clear();
            options.Transports.Add(transport);
        });
        TunnelSession session = client.CurrentPeer!.Session;

        Task<ITransportConnection> ConnectAsync(string path) =>
            transport.ConnectAsync(new TunnelEndpoint(new Uri(app.Urls.First() + path)), CancellationToken.None).DefaultTimeout();

        await using ITransportConnection two = await ConnectAsync("/two");
        TunnelException refused = await Should.ThrowAsync<TunnelException>(
            () => SessionHandshake.ResumeAsync(two, session, new TunnelLimits(), null, CancellationToken.None).DefaultTimeout());
        using PathMigration migration = session.Paths.BeginMigration();
        ITransportConnection one = await ConnectAsync("/one");
        ResumeResult path =
            await SessionHandshake.ResumeAsync(one, session, new TunnelLimits(), null, CancellationToken.None).DefaultTimeout();

        refused.Status.ShouldBe(TunnelStatus.NotFound);
        (await session.Paths.AttachAsync(one, path.ReceiveBuffer, path.Epoch, path.AcknowledgedOffset).DefaultTimeout()).ShouldNotBeNull();
    }

    [Fact]
    public async Task Concurrent_resumes_with_the_same_epoch_open_one_path()
    {
        await using ServerRig rig = ServerRig.Start();
        (_, SessionTicket ticket) = await rig.OpenAsync();

        for (uint epoch = 2; epoch < 52; epoch++)
        {
            RawPeer[] paths = [await rig.ConnectAsync(), await rig.ConnectAsync()];
            await Task.WhenAll(paths.Select(path => Task.Run(() => ServerRig.SendHelloAsync(path, ticket, epoch))));

            (RecordType Type, byte[] Payload)[] responses = await Task.WhenAll(paths.Select(path => path.ReadRecordAsync()));

            responses.Select(response => response.Type).Order().ShouldBe([RecordType.Welcome, RecordType.Refuse]);
            int winner = responses[0].Type == RecordType.Welcome ? 0 : 1;
            await paths[winner].SendAsync(
                RecordType.Confirm,
                Welcome.Parse(responses[winner].Payload).ServerNonce.ToByteArray(bigEndian: true));
            await paths[winner].ReadRecordAsync(RecordType.Ready);
            await ServerRig.ShouldBeAliveAsync(paths[winner]);
        }
    }

    [Fact]
    public async Task Concurrent_resumes_with_different_epochs_leave_only_the_latest_path()
    {
        const int Paths = 8;
        await using ServerRig rig = ServerRig.Start();
        (_, SessionTicket ticket) = await rig.OpenAsync();

        for (uint round = 0; round < 25; round++)
        {
            // All paths have received WELCOME before the first one is confirmed.
            var opened = new List<(RawPeer Path, Welcome Welcome)>();
            for (uint i = 0; i < Paths; i++)
            {
                RawPeer path = await rig.BeginResumeAsync(ticket, 2 + (round * Paths) + i);
                opened.Add((path, Welcome.Parse(await path.ReadRecordAsync(RecordType.Welcome))));
            }

            await Task.WhenAll(opened.Select(o => Task.Run(
                () => o.Path.SendAsync(RecordType.Confirm, o.Welcome.ServerNonce.ToByteArray(bigEndian: true)))));

            await Task.WhenAll(opened[..^1].Select(o => EndAsync(o.Path)));
            await opened[^1].Path.ReadRecordAsync(RecordType.Start);
            await ServerRig.ShouldBeAliveAsync(opened[^1].Path);
        }

        rig.Server.SessionIds.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(long.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task Resume_with_an_offset_that_was_never_sent_is_refused_and_the_session_keeps_its_path(ulong received)
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync();

        await using RawPeer attacker = await rig.BeginResumeAsync(ticket, epoch: 2, received);

        (await ServerRig.ReadRefusalAsync(attacker)).Reason.ShouldBe(
            $"Expected a peer that has received at most 0 bytes, which is what was sent, got {received}.");
        await ServerRig.ShouldBeAliveAsync(peer);
    }

    [Theory]
    [InlineData(4ul)]
    [InlineData(long.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task Start_beyond_the_received_offset_closes_only_its_own_session_with_a_reason(ulong start)
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync();
        (RawPeer other, _) = await rig.OpenAsync();

        // The header of a frame: three bytes.
        await peer.SendAsync(RecordType.Data, 0x40, 0x80, 1);
        await ServerRig.ShouldBeAliveAsync(peer);
        await using RawPeer migrated = await rig.BeginResumeAsync(ticket, epoch: 2);
        (await ServerRig.FinishResumeAsync(migrated)).ReceivedOffset.ShouldBe(3ul);
        await migrated.SendNumberAsync(RecordType.Start, start);

        CloseMessage close = await migrated.ReadCloseAsync();
        close.Reason.ShouldBe($"Expected a START of at most 3, which is what has been received, got {start}.");
        await ServerRig.ShouldBeAliveAsync(other);
    }

    [Fact]
    public async Task Resume_with_the_last_epoch_is_the_last_one_of_that_session_only()
    {
        await using ServerRig rig = ServerRig.Start();
        (_, SessionTicket ticket) = await rig.OpenAsync();
        (_, SessionTicket other) = await rig.OpenAsync();

        await using RawPeer last = await rig.BeginResumeAsync(ticket, uint.MaxValue);
        (await ServerRig.FinishResumeAsync(last)).Epoch.ShouldBe(uint.MaxValue);
        foreach (uint epoch in (uint[])[0, 1, 2, uint.MaxValue - 1, uint.MaxValue])
        {
            await using RawPeer more = await rig.BeginResumeAsync(ticket, epoch);
            (await ServerRig.ReadRefusalAsync(more)).Status.ShouldBe(TunnelStatus.Aborted);
        }

        await ServerRig.ShouldBeAliveAsync(last);
        await using RawPeer migrated = await rig.BeginResumeAsync(other, epoch: 2);
        await ServerRig.FinishResumeAsync(migrated);
        await ServerRig.ShouldBeAliveAsync(migrated);
    }

    [Fact]
    public async Task Session_that_migrates_500_times_leaks_nothing()
    {
        await using ServerRig rig = ServerRig.Start();
        (RawPeer path, SessionTicket ticket) = await rig.OpenAsync();

        for (uint epoch = 2; epoch < 502; epoch++)
        {
            RawPeer next = await rig.BeginResumeAsync(ticket, epoch);
            await ServerRig.FinishResumeAsync(next);
            await EndAsync(path);
            path = next;
        }

        await ServerRig.ShouldBeAliveAsync(path);
        await path.SendAsync(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "").ToPayload());
        await EndAsync(path);
        await rig.DisposeAsync();
        rig.Server.SessionIds.ShouldBeEmpty();
        await rig.Time.ShouldHaveNoActiveTimersAsync();
    }

    [Fact]
    public async Task Pending_handshakes_are_limited_and_time_out()
    {
        await using ServerRig rig = ServerRig.Start(options => options.Limits.MaxPendingHandshakes = 16);
        (RawPeer peer, SessionTicket ticket) = await rig.OpenAsync();
        var pending = new List<RawPeer>();
        for (uint epoch = 2; epoch < 18; epoch++)
        {
            RawPeer path = await rig.BeginResumeAsync(ticket, epoch);
            await path.ReadRecordAsync(RecordType.Welcome);
            pending.Add(path);
        }

        await using RawPeer tooMany = await rig.ConnectAsync();
        (await ServerRig.ReadRefusalAsync(tooMany)).Reason.ShouldContain("limit MaxPendingHandshakes");
        await ServerRig.ShouldBeAliveAsync(peer);
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        await Task.WhenAll(pending.Select(EndAsync));

        (RawPeer other, _) = await rig.OpenAsync();
        await ServerRig.ShouldBeAliveAsync(other);
        await using RawPeer migrated = await rig.BeginResumeAsync(ticket, epoch: 18);
        await ServerRig.FinishResumeAsync(migrated);
        await ServerRig.ShouldBeAliveAsync(migrated);
    }

    [Fact]
    public async Task Slow_handshakes_time_out_and_delay_no_other_client()
    {
        const int Clients = 50;
        await using ServerRig rig = ServerRig.Start();
        var message = new Hello(1, 1, SessionFeatures.None, Guid.NewGuid(), PeerLimits.From(new TunnelLimits()), null);
        byte[] hello = Wire.Record(RecordType.Hello, message.ToPayload());
        RawPeer[] slow = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => rig.ConnectAsync()));

        for (int i = 0; i < 10; i++)
        {
            foreach (RawPeer client in slow)
            {
                await client.SendAsync(hello[i..(i + 1)]);
            }

            (RawPeer quick, _) = await rig.OpenAsync();
            await ServerRig.ShouldBeAliveAsync(quick);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Task.WhenAll(slow.Select(EndAsync));
        const string Expected = "It did not complete within 00:00:10 (HandshakeTimeout).";
        rig.Log.Lines.Count(line => line.Contains(Expected, StringComparison.Ordinal)).ShouldBe(Clients);
    }

    /// <summary>Reads until the server has closed the path.</summary>
    private static async Task EndAsync(RawPeer path)
    {
        try
        {
            await path.DrainAsync();
        }
        catch (TransportException)
        {
            // The server has closed the path during a read.
        }

        await path.DisposeAsync();
    }
}
