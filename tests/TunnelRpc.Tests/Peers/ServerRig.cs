using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Testing.Transports;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Peers;

/// <summary>A real server with the probe service. The test simulates its clients byte by byte.</summary>
internal sealed class ServerRig : IAsyncDisposable
{
    private static readonly PeerLimits Limits = PeerLimits.From(new TunnelLimits());

    private readonly ServiceProvider _services;
    private readonly ConcurrentQueue<Task> _serving = new();
    private readonly ConcurrentQueue<RawPeer> _paths = new();

    private ServerRig(ServiceProvider services, FakeTimeProvider time, RecordingLoggerFactory log)
    {
        _services = services;
        Time = time;
        Log = log;
        Server = services.GetRequiredService<TunnelServer>();
    }

    public FakeTimeProvider Time { get; }

    public TunnelServer Server { get; }

    /// <summary>The server's log.</summary>
    public RecordingLoggerFactory Log { get; }

    public static ServerRig Start(Action<TunnelServerOptions>? configure = null)
    {
        var time = new FakeTimeProvider();
        var log = new RecordingLoggerFactory();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(log);
        services.AddTunnelRpc(options =>
        {
            options.TimeProvider = time;
            configure?.Invoke(options);
        });
        return new ServerRig(services.BuildServiceProvider(), time, log);
    }

    public static ClaimsPrincipal User(string name, string scheme = "test", string? subject = null) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), .. subject is null ? [] : new[] { new Claim("sub", subject) }], scheme));

    /// <summary>Opens a connection to the server, without a handshake.</summary>
    public async Task<RawPeer> ConnectAsync(ClaimsPrincipal? user = null, string? endpoint = null)
    {
        await using var listener = new InMemoryListener(user);
        var address = new TunnelEndpoint(new Uri("http://in-memory.invalid/"));
        ITransportConnection client = await new InMemoryTransport(listener).ConnectAsync(address, CancellationToken.None);
        _serving.Enqueue(Server.ServeAsync(await listener.AcceptAsync(), endpoint, userExpires: null, CancellationToken.None));
        var peer = new RawPeer(client);
        _paths.Enqueue(peer);
        return peer;
    }

    /// <summary>Opens a session. It has started: before, the server refuses requests for another path.</summary>
    public async Task<(RawPeer Peer, SessionTicket Ticket)> OpenAsync(ClaimsPrincipal? user = null, string? endpoint = null)
    {
        RawPeer peer = await ConnectAsync(user, endpoint);
        var hello = new Hello(1, 1, SessionFeatures.None, Guid.NewGuid(), Limits, null);
        await peer.SendAsync(Wire.Record(RecordType.Hello, hello.ToPayload()));
        Welcome welcome = Welcome.Parse(await peer.ReadRecordAsync(RecordType.Welcome));
        await ConfirmAsync(peer, welcome);
        await ShouldBeAliveAsync(peer);
        return (peer, welcome.Ticket.ShouldNotBeNull());
    }

    /// <summary>Opens a path for a session and sends HELLO. Nothing is read yet.</summary>
    public async Task<RawPeer> BeginResumeAsync(
        SessionTicket ticket, uint epoch, ulong received = 0, ClaimsPrincipal? user = null, string? endpoint = null)
    {
        RawPeer peer = await ConnectAsync(user, endpoint);
        await SendHelloAsync(peer, ticket, epoch, received);
        return peer;
    }

    public static Task SendHelloAsync(RawPeer peer, SessionTicket ticket, uint epoch, ulong received = 0)
    {
        var nonce = new Guid(RandomNumberGenerator.GetBytes(16));
        var resume = new ResumeRequest(ticket.SessionId, epoch, received, SessionProof.Compute(ticket, epoch, received, nonce));
        return peer.SendAsync(Wire.Record(RecordType.Hello, new Hello(1, 1, SessionFeatures.None, nonce, Limits, resume).ToPayload()));
    }

    /// <summary>Finishes the handshake of <see cref="BeginResumeAsync"/> and returns the WELCOME.</summary>
    public static async Task<Welcome> FinishResumeAsync(RawPeer peer)
    {
        Welcome welcome = Welcome.Parse(await peer.ReadRecordAsync(RecordType.Welcome));
        await ConfirmAsync(peer, welcome);
        return welcome;
    }

    /// <summary>Reads the server's REFUSE.</summary>
    public static async Task<Refusal> ReadRefusalAsync(RawPeer peer) => Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse));

    /// <summary>Asserts that the session has processed everything sent on this path, and continues.</summary>
    public static async Task ShouldBeAliveAsync(RawPeer peer)
    {
        await peer.SendNumberAsync(RecordType.Ping, 77);
        await peer.ReadRecordAsync(RecordType.Pong);
    }

    public async ValueTask DisposeAsync()
    {
        // The connections close first: a session whose client does not answer would wait for a timeout of the fake clock.
        foreach (RawPeer path in _paths)
        {
            await path.DisposeAsync();
        }

        await Task.WhenAll(_serving).DefaultTimeout();
        await _services.DisposeAsync();
    }

    private static async Task ConfirmAsync(RawPeer peer, Welcome welcome)
    {
        await peer.SendAsync(RecordType.Confirm, welcome.ServerNonce.ToByteArray(bigEndian: true));
        await peer.ReadRecordAsync(RecordType.Ready);
    }
}
