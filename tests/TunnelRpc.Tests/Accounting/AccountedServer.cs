using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Accounting;

/// <summary>A server whose clients the test plays byte by byte, so that they can stop reading or send messages partially.</summary>
internal sealed class AccountedServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<Task> _serving = [];

    public AccountedServer(Action<TunnelServerLimits>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddMetrics();
        services.AddTunnelRpc(options =>
        {
            options.TimeProvider = Time;
            configure?.Invoke(options.Limits);
        }).AddService<IKeeper>(Keeper);
        _services = services.BuildServiceProvider();
        Server = _services.GetRequiredService<TunnelServer>();
    }

    public FakeTimeProvider Time { get; } = new();

    public Keeper Keeper { get; } = new();

    public TunnelServer Server { get; }

    public IServiceProvider Services => _services;

    public ITunnelClients<IKeeper> Clients => _services.GetRequiredService<ITunnelClients<IKeeper>>();

    public Task<RawClient> ConnectAsync() => ConnectAsync(SessionFeatures.None);

    public async Task<RawClient> ConnectAsync(SessionFeatures features)
    {
        (ITransportConnection near, ITransportConnection far) = await InMemoryLink.OpenAsync();
        _serving.Add(Server.ServeAsync(far, CancellationToken.None));
        return await RawClient.DialAsync(near, this, features);
    }

    /// <summary>Asserts that every session has ended and released its memory.</summary>
    /// <param name="byCallers">
    /// Whether callers had waiting messages, which they may release after the session has closed its account.
    /// </param>
    public async Task ShouldHaveReleasedMemoryAsync(bool byCallers = false)
    {
        await Task.WhenAll(_serving).DefaultTimeout();
        (Server.SessionIds.Count, Server.MemoryBudget.AccountedBytes, byCallers ? 0 : Server.MemoryBudget.UnreleasedBytes)
            .ShouldBe((0, 0, 0));
    }

    /// <remarks>The server's clock is a fake: without this, disposal would wait forever for sessions of a failed test.</remarks>
    public async ValueTask DisposeAsync()
    {
        Keeper.Release();
        foreach (ServerSession session in Server.Sessions)
        {
            session.Peer.Session.End(new TunnelException(TunnelStatus.Unavailable, "The test is over."));
        }

        await _services.DisposeAsync();
        await Task.WhenAll(_serving).DefaultTimeout();
    }
}
