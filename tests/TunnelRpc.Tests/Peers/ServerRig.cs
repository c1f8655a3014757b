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

/// <summary>A real server, with the probe service; its clients are the test's, byte by byte.</summary>
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

    /// <summary>Everything that the server logged.</summary>
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

    /// <summary>A path to the server on which nothing has been said yet.</summary>
    public async Task<RawPeer> ConnectAsync(ClaimsPrincipal? user = null, string? endpoint = null)
    {
        await using var listener = new InMemoryListener(user);
        ITransportConnection client = await new InMemoryTransport(listener).ConnectAsync(new TunnelEndpoint(new Uri("http://in-memory.invalid/")), CancellationToken.None);
        _serving.Enqueue(Server.ServeAsync(await listener.AcceptAsync(), endpoint, CancellationToken.None));
        var peer = new RawPeer(client);
        _paths.Enqueue(peer);
        return peer;
    }

    /// <summary>A new session.</summary>
    public async Task<(RawPeer Peer, SessionTicket Ticket)> OpenAsync(ClaimsPrincipal? user = null, string? endpoint = null)
    {
        RawPeer peer = await ConnectAsync(user, endpoint);
        await peer.SendAsync(Wire.Record(RecordType.Hello, new Hello(1, 1, SessionFeatures.None, Guid.NewGuid(), Limits, null).ToPayload()));
        Welcome welcome = Welcome.Parse(await peer.ReadRecordAsync(RecordType.Welcome));
        await ConfirmAsync(peer, welcome);
        return (peer, welcome.Ticket.ShouldNotBeNull());
    }

    /// <summary>A path on which a session is to go on; nothing is read yet.</summary>
    public async Task<RawPeer> BeginResumeAsync(SessionTicket ticket, uint epoch, ulong received = 0, ClaimsPrincipal? user = null, string? endpoint = null)
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

    /// <summary>The rest of the handshake of <see cref="BeginResumeAsync"/>; gives the WELCOME.</summary>
    public static async Task<Welcome> FinishResumeAsync(RawPeer peer)
    {
        Welcome welcome = Welcome.Parse(await peer.ReadRecordAsync(RecordType.Welcome));
        await ConfirmAsync(peer, welcome);
        return welcome;
    }

    /// <summary>What the server refuses with.</summary>
    public static async Task<Refusal> ReadRefusalAsync(RawPeer peer) => Refusal.Parse(await peer.ReadRecordAsync(RecordType.Refuse));

    /// <summary>The session has taken everything that was sent on this path and lives.</summary>
    public static async Task ShouldBeAliveAsync(RawPeer peer)
    {
        await peer.SendNumberAsync(RecordType.Ping, 77);
        await peer.ReadRecordAsync(RecordType.Pong);
    }

    public async ValueTask DisposeAsync()
    {
        // First: sessions whose clients do not answer would wait for their timeouts, which this clock never reaches.
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
