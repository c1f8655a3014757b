using System.Security.Cryptography;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Sessions;

/// <summary>Every way in which a session ends has a text on each side that says who ended it.</summary>
public sealed class SessionEndTextTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingSink _ownSink = new();
    private readonly RecordingSink _peerSink = new();

    public static TheoryData<string, bool, string, string?> Ends()
    {
        var ends = new TheoryData<string, bool, string, string?>();
        foreach (bool isClient in new[] { true, false })
        {
            Add("close", "This side closed the tunnel: Enough. Do better.", "The peer closed the tunnel: Enough.");
            Add("close twice", "This side closed the tunnel: Enough. Do better.", "The peer closed the tunnel: Enough.");
            Add("close by the peer", "The peer closed the tunnel: Enough.", "This side closed the tunnel: Enough. Do better.");
            Add("close by the peer, then close", "The peer closed the tunnel: Enough.", "This side closed the tunnel: Enough. Do better.");
            Add("abort", "The server aborted this session.", null);
            Add(
                "close without an answer",
                "This side closed the tunnel: Enough. The peer did not answer CLOSE within 00:00:02 (CloseTimeout). Do better.",
                null);
            Add(
                "close, then the path is lost",
                "This side closed the tunnel: Enough. The path was lost before the peer had answered CLOSE: "
                + "The path ended without a CLOSE record. Do better.",
                null);
            Add(
                "close without a path",
                "This side closed the tunnel: Enough. The session had no path, so the peer was not notified. Do better.",
                "The path to the peer was lost, and no other one was found within 00:00:30 (ResumeWindow): ");
            Add(
                "resume window",
                "The path to the peer was lost, and no other one was found within 00:00:30 (ResumeWindow): ",
                "The path to the peer was lost, and no other one was found within 00:00:30 (ResumeWindow): ");
            Add(
                "protocol error of the peer",
                "The peer violated the protocol, so this side closed the tunnel: Expected ",
                null);

            void Add(string how, string own, string? peer) => ends.Add(how, isClient, own, peer);
        }

        return ends;
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Session_end_says_who_ended_the_session(string how, bool isClient, string ownText, string? peerText)
    {
        var options = new TunnelServerOptions { TimeProvider = _time, ResumeWindow = Window };
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        TunnelSession own = Create(isClient, near, options);
        own.Start(_ownSink);
        if (peerText is null)
        {
            var raw = new RawPeer(far);
            await EndAsync(how, own, raw, options);
            ShouldSay(await _ownSink.Ended.DefaultTimeout(), ownText);
            await raw.DisposeAsync();
            await own.Completion.DefaultTimeout();
            return;
        }

        TunnelSession peer = Create(!isClient, far, options);
        peer.Start(_peerSink);
        await EndAsync(how, own, peer, near);

        ShouldSay(await _ownSink.Ended.DefaultTimeout(), ownText);
        ShouldSay(await _peerSink.Ended.DefaultTimeout(), peerText);
        await own.Completion.DefaultTimeout();
        await peer.Completion.DefaultTimeout();
    }

    private static void ShouldSay(TunnelException end, string text)
    {
        end.Message.ShouldStartWith(text);
        if (!text.EndsWith(' '))
        {
            end.Message.ShouldBe(text);
        }
    }

    private static async Task DisconnectAsync(TunnelSession own, TunnelSession peer, ITransportConnection near)
    {
        await near.DisposeAsync();
        await own.Paths.Disconnected.DefaultTimeout();
        await peer.Paths.Disconnected.DefaultTimeout();
    }

    private TunnelSession Create(bool isClient, ITransportConnection connection, TunnelOptions options)
    {
        var ticket = new SessionTicket(Guid.NewGuid(), RandomNumberGenerator.GetBytes(32), Window);
        var parameters = new SessionParameters(isClient, ticket, PeerLimits.From(options.Limits), 1, Guid.NewGuid(), connection.Info);
        return new TunnelSession(parameters, connection, new ReceiveBuffer(connection), options);
    }

    private async Task EndAsync(string how, TunnelSession own, TunnelSession peer, ITransportConnection near)
    {
        switch (how)
        {
            case "close":
                await CloseAsync(own);
                break;

            case "close twice":
                await Task.WhenAll(CloseAsync(own), own.CloseAsync(TunnelStatus.Ok, "Again.", "Not this.")).DefaultTimeout();
                break;

            case "close by the peer":
                await CloseAsync(peer);
                break;

            case "close by the peer, then close":
                await CloseAsync(peer);
                await own.CloseAsync(TunnelStatus.Ok, "Later.").DefaultTimeout();
                break;

            case "close without a path":
                await DisconnectAsync(own, peer, near);
                await CloseAsync(own);
                _time.Advance(Window);
                break;

            case "resume window":
                await DisconnectAsync(own, peer, near);
                _time.Advance(Window);
                break;

            default:
                throw new ArgumentException(how);
        }
    }

    private async Task EndAsync(string how, TunnelSession own, RawPeer peer, TunnelServerOptions options)
    {
        switch (how)
        {
            case "abort":
                var reason = new TunnelException(TunnelStatus.ResourceExhausted, "The server aborted this session.");
                own.TryAbort(reason).ShouldBeTrue();
                break;

            case "close without an answer":
                Task closing = CloseAsync(own);
                await peer.ReadCloseAsync();
                await _time.WhenTimerDueAsync(options.CloseTimeout).DefaultTimeout();
                _time.Advance(options.CloseTimeout);
                await closing.DefaultTimeout();
                break;

            case "close, then the path is lost":
                Task lost = CloseAsync(own);
                await peer.ReadCloseAsync();
                await peer.DisposeAsync();
                await lost.DefaultTimeout();
                break;

            case "protocol error of the peer":
                await peer.SendAsync(RecordType.Hello, [1]);
                await peer.ReadCloseAsync();
                break;

            default:
                throw new ArgumentException(how);
        }
    }

    private static Task CloseAsync(TunnelSession session) =>
        session.CloseAsync(TunnelStatus.Unavailable, "Enough.", "Do better.").DefaultTimeout();
}
