using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Client;
using TunnelRpc.Testing.Hosting;

namespace TunnelRpc.Calls.Tests.Groups;

/// <summary>A server with three connected clients: ann, bob and cyd.</summary>
internal sealed class ClubHost : IAsyncDisposable
{
    private readonly TunnelTestHost _host;

    private ClubHost(TunnelTestHost host) => _host = host;

    public Member Ann { get; } = new("ann");

    public Member Bob { get; } = new("bob");

    public Member Cyd { get; } = new("cyd");

    public TunnelClient AnnsClient { get; private set; } = null!;

    public TunnelClient BobsClient { get; private set; } = null!;

    public TunnelClient CydsClient { get; private set; } = null!;

    public ITunnelClients<IMember> Members => _host.Services.GetRequiredService<ITunnelClients<IMember>>();

    public ITunnelGroups Groups => _host.Services.GetRequiredService<ITunnelGroups>();

    public static async Task<ClubHost> StartAsync(Action<TunnelServerOptions>? options = null)
    {
        TunnelTestHost host = await TunnelTestHost.StartAsync(server => server.AddService<IClub, Club>(), o => o.ConfigureServer = options);
        await host.Client.DisposeAsync();
        foreach (TunnelSessionInfo session in host.Services.GetRequiredService<ITunnelClients<IMember>>().Sessions)
        {
            await session.Completion;
        }

        var club = new ClubHost(host);
        club.AnnsClient = await host.ConnectAsync(o => o.Serve<IMember>(club.Ann));
        club.BobsClient = await host.ConnectAsync(o => o.Serve<IMember>(club.Bob));
        club.CydsClient = await host.ConnectAsync(o => o.Serve<IMember>(club.Cyd));
        return club;
    }

    public TunnelSessionInfo SessionOf(TunnelClient client) => Members.Sessions.Single(s => s.Id == client.SessionId);

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
