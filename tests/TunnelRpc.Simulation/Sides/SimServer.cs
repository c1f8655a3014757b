using Microsoft.Extensions.Options;
using TunnelRpc.Calls;
using TunnelRpc.Hosting;
using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Network.Exchanges;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Workload;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Legs;

namespace TunnelRpc.Simulation.Sides;

/// <summary>
/// The server's machine: one server at a time. A restart replaces it by a server without its sessions. Used only on the run's single worker
/// thread.
/// </summary>
internal sealed class SimServer
{
    private readonly SimPlan _plan;
    private readonly SimClock _clock;
    private readonly SimServices _services;
    private readonly List<Task> _serving = [];
    private readonly List<Task> _stopped = [];
    private TunnelServer _server;
    private LegTransportAcceptor _acceptor;
    private bool _isStopping;

    public SimServer(SimPlan plan, SimClock clock, SimServices services)
    {
        _plan = plan;
        _clock = clock;
        _services = services;
        _server = Create();
        _acceptor = new LegTransportAcceptor(clock);
    }

    /// <summary>The peers of the current server's sessions.</summary>
    public IEnumerable<TunnelPeer> Peers => _server.Sessions.Select(s => s.Peer);

    public void Accept(SimConnection connection) => _serving.Add(_server.ServeAsync(connection, CancellationToken.None));

    /// <summary>Serves a request, as a host does. Completes without an exception when the response is complete.</summary>
    public async Task ServeAsync(SimExchange exchange)
    {
        TunnelServer server = _server;
        try
        {
            if (await _acceptor.AcceptAsync(exchange, exchange.RequestAborted).ConfigureAwait(false) is { } connection)
            {
                Task serving = server.ServeAsync(connection, CancellationToken.None);
                _serving.Add(serving);
                await ((connection as ILegConnection)?.ExchangeCompleted ?? serving).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is TransportException or OperationCanceledException)
        {
            exchange.Abort();
        }
    }

    /// <summary>
    /// Stops the server and replaces it by a new one, to which later connections go. Does nothing when the run is closing.
    /// </summary>
    public void Restart()
    {
        if (_isStopping)
        {
            return;
        }

        _stopped.Add(_server.DisposeAsync().AsTask());
        _server = Create();
        _acceptor = new LegTransportAcceptor(_clock);
    }

    public async Task StopAsync()
    {
        _isStopping = true;
        await _server.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_stopped).ConfigureAwait(false);
        await Task.WhenAll(_serving).ConfigureAwait(false);
    }

    private TunnelServer Create()
    {
        var options = new TunnelServerOptions { EnableProbe = false };
        _plan.Apply(options, _clock);
        options.ResumeWindow = _plan.ResumeWindow.Server;
        var services = new ServerServices(
            ServiceRegistrations.Create<ISimService>(_services), ServiceRegistrations.Create<ISimLedger>(_services));
        return new TunnelServer(Options.Create(options), services);
    }
}
