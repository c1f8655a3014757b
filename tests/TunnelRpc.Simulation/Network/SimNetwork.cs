using TunnelRpc.Simulation.Network.Exchanges;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>All links of a run, and their faults. Used only on the run's single worker thread.</summary>
internal sealed class SimNetwork
{
    private readonly SimPlan _plan;
    private readonly SimClock _clock;
    private readonly SimRandom _random;
    private readonly Trace _trace;
    private readonly Action<SimConnection> _accept;
    private readonly Func<SimExchange, Task> _serve;
    private readonly List<SimLink> _links = [];
    private readonly Dictionary<string, LinkQuality> _qualities = [];
    private Outage? _outage;

    public SimNetwork(
        SimPlan plan, SimClock clock, SimRandom random, Trace trace, Action<SimConnection> accept, Func<SimExchange, Task> serve)
    {
        _plan = plan;
        _clock = clock;
        _random = random;
        _trace = trace;
        _accept = accept;
        _serve = serve;
        foreach (string transport in plan.Transports)
        {
            _qualities[transport] = LinkQuality.Draw(random);
        }

        foreach (Outage outage in plan.Outages)
        {
            clock.Schedule(outage.StartsAt, () => StartOutage(outage));
        }
    }

    public IReadOnlyList<SimLink> Links => _links;

    /// <summary>The number of requests with another fate than <see cref="ExchangeFate.Delivered"/>.</summary>
    public int FaultyExchanges { get; private set; }

    /// <summary>The server restarts and loses its sessions.</summary>
    public event Action<Outage>? Restarting;

    public async ValueTask<ITransportConnection> ConnectAsync(string transport, CancellationToken cancellationToken)
    {
        _trace.Add("connect " + transport);
        bool hasFaults = _clock.Elapsed < _plan.LastFaultAt;
        LinkQuality quality = _qualities[transport];
        await _clock.WaitAsync(_random.Between(quality.MinLatency, quality.MaxLatency), cancellationToken).ConfigureAwait(false);
        if (_outage is { Refuses: true } || (hasFaults && _random.Chance(_plan.RefusalChance)))
        {
            _trace.Add("connect refused");
            throw new TransportException($"{transport}: the connection was refused.")
            {
                IsPermanent = _plan.MayLoseSessions && _random.Chance(0.2),
            };
        }

        if (_outage is not null)
        {
            await _clock.WaitAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }

        LinkFaults faults = hasFaults && _random.Chance(_plan.LinkFaultChance)
            ? LinkFaults.Draw(_random, _plan.KeepAlive)
            : LinkFaults.None;
        var link = new SimLink(_links.Count, transport, quality, faults, _clock, _random, _trace);
        _trace.Add("link opens", link.Number);
        _links.Add(link);
        _accept(link.Server);
        return link.Client;
    }

    /// <summary>Draws the fate of the next request.</summary>
    public ExchangeFate DrawFate()
    {
        ExchangeFate fate = _clock.Elapsed >= _plan.LastFaultAt || !_random.Chance(_plan.LinkFaultChance * 0.3)
            ? ExchangeFate.Delivered
            : _random.Pick(
                ExchangeFate.Delayed, ExchangeFate.Delayed, ExchangeFate.Duplicated, ExchangeFate.Duplicated,
                ExchangeFate.Failed, ExchangeFate.BlackHoled, ExchangeFate.ResponseDropped);
        FaultyExchanges += fate == ExchangeFate.Delivered ? 0 : 1;
        return fate;
    }

    /// <summary>Waits while a request or a response is in flight. Fails or hangs if it does not arrive.</summary>
    public async Task TransferAsync(ExchangeFate fate, CancellationToken cancellationToken)
    {
        TimeSpan latency = _random.Milliseconds(0, fate == ExchangeFate.Delayed ? 3_000 : 40);
        await _clock.WaitAsync(latency, cancellationToken).ConfigureAwait(false);
        if (_outage is { Refuses: true } || fate == ExchangeFate.Failed)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The connection was refused.");
        }

        if (_outage is not null || fate == ExchangeFate.BlackHoled)
        {
            await _clock.WaitAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }
    }

    public Task ServeAsync(SimExchange exchange) => _serve(exchange);

    /// <summary>Cuts all open links. If the server restarts, its sides detect it immediately.</summary>
    private void CutAll(bool serverDetects)
    {
        foreach (SimLink link in _links)
        {
            link.Break(
                _random.Pick(FailureDetection.Immediate, FailureDetection.Delayed, FailureDetection.Never),
                serverDetects
                    ? FailureDetection.Immediate
                    : _random.Pick(FailureDetection.Immediate, FailureDetection.Delayed, FailureDetection.Never));
        }
    }

    private void StartOutage(Outage outage)
    {
        _trace.Add(outage.Restarts ? "server restarts" : "outage", outage.Duration.Ticks, outage.Refuses ? 1 : 0, outage.Cuts ? 1 : 0);
        _outage = outage;
        if (outage.Cuts || outage.Restarts)
        {
            CutAll(outage.Restarts);
        }

        if (outage.Restarts)
        {
            Restarting?.Invoke(outage);
        }

        _clock.Schedule(outage.Duration, () =>
        {
            if (_outage == outage)
            {
                _trace.Add("outage ends");
                _outage = null;
            }
        });
    }
}
