using Shouldly;
using TunnelRpc.Diagnostics;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Calls.Tests.Diagnosis;

/// <summary>What a snapshot of a session contains.</summary>
public sealed class SessionSnapshotTests
{
    [Fact]
    public async Task Snapshot_shows_the_calls_and_permits_of_both_sides()
    {
        var service = new WaitingService();
        await using TunnelTestHost host = await StartAsync(service);
        Task open = host.Get<IWaiting>().WaitAsync(CancellationToken.None);
        await service.WhenStartedAsync().DefaultTimeout();
        Task waiting = host.Get<IWaiting>().WaitAsync(CancellationToken.None);

        SessionSnapshot client = SessionSnapshot.Of(host.Client.CurrentPeer!);
        SessionSnapshot server = SessionSnapshot.Of(host.Server.Sessions.Single().Peer);
        service.Release();
        await Task.WhenAll(open, waiting).DefaultTimeout();

        (client.Id, client.IsClient, client.State, client.Transport, client.Epoch)
            .ShouldBe((server.Id, true, "connected", "in-memory", 1u));
        client.OutgoingPermits.ShouldBe((1, 1));
        client.WaitingForPermit.ShouldBe(1);
        CallSnapshot outgoing = client.OutgoingCalls.ShouldHaveSingleItem();
        (outgoing.StreamId, outgoing.Method).ShouldBe((1ul, $"{typeof(IWaiting).FullName}/{nameof(IWaiting.WaitAsync)}"));
        outgoing.Age.ShouldBeGreaterThan(TimeSpan.Zero);
        CallSnapshot opening = client.OpeningCalls.ShouldHaveSingleItem();
        (opening.StreamId, opening.Method).ShouldBe((0ul, outgoing.Method));
        opening.Age.ShouldBeGreaterThan(TimeSpan.Zero);
        client.IncomingCalls.ShouldBeEmpty();

        (server.IsClient, server.State).ShouldBe((false, "connected"));
        server.IncomingPermits.ShouldBe((1, 1));
        CallSnapshot incoming = server.IncomingCalls.ShouldHaveSingleItem();
        (incoming.StreamId, incoming.Method, incoming.State).ShouldBe((1ul, outgoing.Method, "running"));
        server.OutgoingCalls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Snapshot_shows_the_windows_of_a_stream_that_nothing_consumes()
    {
        var service = new WaitingService();
        await using TunnelTestHost host = await StartAsync(service);
        Task sending = host.Get<IWaiting>().TakeAsync(Endless(), CancellationToken.None);
        await service.WhenStartedAsync().DefaultTimeout();
        CallSnapshot outgoing = await FindCallAsync(() => host.Client.CurrentPeer!, outgoing: true, call => call.SendCredit <= 0);
        CallSnapshot incoming = await FindCallAsync(
            () => host.Server.Sessions.Single().Peer, outgoing: false, call => call.ReceiveCredit <= 0);
        service.Release();
        await sending.DefaultTimeout();

        outgoing.ReceiveCredit.ShouldBeNull();
        outgoing.ToString().ShouldContain($", send window {outgoing.SendCredit} bytes");
        incoming.SendCredit.ShouldBeNull();
        incoming.ToString().ShouldContain($", receive window {incoming.ReceiveCredit} bytes");
    }

    [Fact]
    public async Task Live_state_describes_servers_clients_and_sessions_until_they_end()
    {
        var service = new WaitingService();
        string sessionId;
        await using (TunnelTestHost host = await StartAsync(service))
        {
            sessionId = host.Client.SessionId!;

            string[] live = Describe();

            live.ShouldContain(
                text => text.StartsWith($"client: Connected, session {sessionId}{Environment.NewLine}  connector: Connected"));
            live.ShouldContain(text => text.StartsWith($"client side of session {sessionId}: connected"));
            live.ShouldContain(text => text.StartsWith($"server side of session {sessionId}: connected"));
            live.ShouldContain(text => text.StartsWith("server: 1 sessions, 0 pending handshakes"));
        }

        Describe().ShouldNotContain(text => text.Contains(sessionId));
    }

    private static string[] Describe() => [.. LiveState.GetDescriptions().Select(describe => describe())];

    private static Task<TunnelTestHost> StartAsync(WaitingService service) => TunnelTestHost.StartAsync<IWaiting>(
        service, host => host.ConfigureServer = server => server.Limits.MaxConcurrentCalls = 1);

    private static async Task<CallSnapshot> FindCallAsync(Func<TunnelPeer> peer, bool outgoing, Func<CallSnapshot, bool> condition)
    {
        while (true)
        {
            SessionSnapshot snapshot = SessionSnapshot.Of(peer());
            if ((outgoing ? snapshot.OutgoingCalls : snapshot.IncomingCalls).FirstOrDefault(condition) is { } found)
            {
                return found;
            }

            await Task.Delay(10);
        }
    }

    private static async IAsyncEnumerable<byte[]> Endless()
    {
        while (true)
        {
            await Task.Yield();
            yield return new byte[10_000];
        }
    }
}
