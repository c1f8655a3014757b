using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>All links of a run, and what goes wrong with them. The worker's alone.</summary>
internal sealed class SimNetwork
{
    private readonly SimPlan _plan;
    private readonly SimClock _clock;
    private readonly SimRandom _random;
    private readonly Trace _trace;
    private readonly Action<SimConnection> _accept;
    private readonly List<SimLink> _links = [];
    private readonly Dictionary<string, LinkQuality> _qualities = [];
    private Outage? _outage;

    public SimNetwork(SimPlan plan, SimClock clock, SimRandom random, Trace trace, Action<SimConnection> accept)
    {
        _plan = plan;
        _clock = clock;
        _random = random;
        _trace = trace;
        _accept = accept;
        foreach (string transport in plan.Transports)
        {
            _qualities[transport] = LinkQuality.Draw(random);
        }

        foreach (Outage outage in plan.Outages)
        {
            clock.After(outage.At, () => Begin(outage));
        }
    }

    public IReadOnlyList<SimLink> Links => _links;

    /// <summary>The server goes away, and comes back with nothing of what it had.</summary>
    public event Action<Outage>? Restarting;

    public async ValueTask<ITransportConnection> ConnectAsync(string transport, CancellationToken cancellationToken)
    {
        _trace.Add("connect " + transport);
        bool hasFaults = _clock.Elapsed < _plan.FaultsUntil;
        LinkQuality quality = _qualities[transport];
        await _clock.WaitAsync(_random.Between(quality.LeastLatency, quality.MostLatency), cancellationToken).ConfigureAwait(false);
        if (_outage is { Refuses: true } || (hasFaults && _random.Chance(_plan.RefusalChance)))
        {
            _trace.Add("connect refused");
            throw new TransportException($"{transport}: the connection was refused.") { IsDefinite = _plan.LosesSessions && _random.Chance(0.2) };
        }

        if (_outage is not null)
        {
            await _clock.WaitAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }

        LinkDoom doom = hasFaults && _random.Chance(_plan.LinkFaultChance) ? LinkDoom.Draw(_random, _plan.KeepAlive) : LinkDoom.None;
        var link = new SimLink(_links.Count, transport, quality, doom, _clock, _random, _trace);
        _trace.Add("link opens", link.Number);
        _links.Add(link);
        _accept(link.Server);
        return link.Client;
    }

    /// <summary>Cuts everything that is up; the server's sides see it at once where it is the server that goes.</summary>
    private void CutAll(bool serverKnows)
    {
        foreach (SimLink link in _links)
        {
            link.Break(
                _random.Pick(Notice.Now, Notice.Later, Notice.Never),
                serverKnows ? Notice.Now : _random.Pick(Notice.Now, Notice.Later, Notice.Never));
        }
    }

    private void Begin(Outage outage)
    {
        _trace.Add(outage.Restarts ? "server goes" : "outage", outage.Time.Ticks, outage.Refuses ? 1 : 0, outage.Cuts ? 1 : 0);
        _outage = outage;
        if (outage.Cuts || outage.Restarts)
        {
            CutAll(outage.Restarts);
        }

        if (outage.Restarts)
        {
            Restarting?.Invoke(outage);
        }

        _clock.After(outage.Time, () =>
        {
            if (_outage == outage)
            {
                _trace.Add("outage over");
                _outage = null;
            }
        });
    }
}
