using Microsoft.Extensions.Options;
using TunnelRpc.Calls;
using TunnelRpc.Hosting;
using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Sides;

/// <summary>The server's machine: one server at a time, which may go away and come back without its sessions. The worker's alone.</summary>
internal sealed class SimServer
{
    private readonly SimPlan _plan;
    private readonly SimClock _clock;
    private readonly SimServices _services;
    private readonly List<Task> _serving = [];
    private readonly List<Task> _gone = [];
    private TunnelServer _server;

    public SimServer(SimPlan plan, SimClock clock, SimServices services)
    {
        _plan = plan;
        _clock = clock;
        _services = services;
        _server = Make();
    }

    /// <summary>The sessions that the server of now has.</summary>
    public IEnumerable<TunnelPeer> Peers => _server.Sessions.Select(s => s.Peer);

    public void Accept(SimConnection connection) => _serving.Add(_server.ServeAsync(connection, CancellationToken.None));

    /// <summary>The server goes; what connects from now on finds another one.</summary>
    public void Restart()
    {
        _gone.Add(_server.DisposeAsync().AsTask());
        _server = Make();
    }

    public async Task StopAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_gone).ConfigureAwait(false);
        await Task.WhenAll(_serving).ConfigureAwait(false);
    }

    private TunnelServer Make()
    {
        var options = new TunnelServerOptions { ProbeService = false };
        _plan.Apply(options, _clock);
        options.ResumeWindow = _plan.ResumeWindow.Server;
        var services = new ServerServices(ServiceRegistrations.Create<ISimService>(_services), ServiceRegistrations.Create<ISimLedger>(_services));
        return new TunnelServer(Options.Create(options), services);
    }
}
