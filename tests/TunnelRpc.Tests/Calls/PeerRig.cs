using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Calls;

/// <summary>
/// A real <see cref="TunnelPeer"/> that serves a probe. The test is its client and writes single frames. Collects the log.
/// </summary>
internal sealed class PeerRig : ILogger, IAsyncDisposable
{
    private readonly ITransportConnection _near;

    private PeerRig(ITransportConnection near, ITransportConnection far, IProbe service, TunnelOptions options, FakeTimeProvider time)
    {
        Time = time;
        _near = near;
        Client = new RawPeer(far);
        var table = new DispatchTable();
        table.Add(Definition<IProbe>(), new InstanceActivator<IProbe>(service));
        Peer = new TunnelPeer(SessionFactory.Create(isClient: false, near, options), options, table, this);
        Peer.Start();
    }

    public RawPeer Client { get; }

    public FakeTimeProvider Time { get; }

    public TunnelPeer Peer { get; }

    public ConcurrentQueue<string> Log { get; } = new();

    public static async Task<PeerRig> StartAsync(
        IProbe service,
        Action<TunnelLimits>? configure = null,
        TunnelCompression compression = TunnelCompression.None,
        Func<ITransportConnection, ITransportConnection>? wrap = null)
    {
        var time = new FakeTimeProvider();
        var options = new TunnelServerOptions { TimeProvider = time };
        options.Compression.Algorithm = compression;
        configure?.Invoke(options.Limits);
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        return new PeerRig(wrap?.Invoke(near) ?? near, far, service, options, time);
    }

    public Task CallAsync(ulong stream, TunnelMethod method, FrameFlags flags = FrameFlags.End)
    {
        byte[] body = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(body, method.Id);
        body[4] = 0xC0;
        return Client.SendFrameAsync(FrameType.Call, flags, stream, body);
    }

    /// <summary>Asserts that the session has processed all frames that were sent, and has not ended.</summary>
    public async Task ShouldBeAliveAsync()
    {
        await Client.SendNumberAsync(RecordType.Ping, 77);
        await Client.ReadRecordAsync(RecordType.Pong);
        Peer.SessionCompletion.IsCompleted.ShouldBeFalse();
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Peer.Completion.DefaultTimeout();
        await _near.DisposeAsync();
    }

    private static TunnelServiceDefinition<TService> Definition<TService>()
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition;
}
