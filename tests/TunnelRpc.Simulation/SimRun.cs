using TunnelRpc.Calls;
using TunnelRpc.Client;
using TunnelRpc.Simulation.Model;
using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Network.Exchanges;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Sides;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation;

/// <summary>One run: a client, a server, their links and their load, from the first connect until all is closed. The worker's alone.</summary>
internal sealed class SimRun
{
    /// <summary>Past the last fault and the last call, by then everything must be over.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    /// <summary>How long closing may take, with running calls that do not heed their tokens.</summary>
    private static readonly TimeSpan CloseBound = TimeSpan.FromMinutes(3);

    private readonly ulong _seed;
    private readonly SimRandom _random;
    private readonly Trace _trace;
    private readonly SimClock _clock;
    private readonly SimPlan _plan;
    private readonly CallModel _model;
    private readonly SimNetwork _network;
    private readonly SimCaller _caller;
    private readonly SimServices _serverServices;
    private readonly SimServer _server;
    private readonly TunnelClient _client;
    private readonly SessionWatch _watch;
    private readonly SimStubs _clientStubs;
    private readonly List<Task> _calling = [];

    private SimRun(ulong seed, TextWriter? output)
    {
        _seed = seed;
        _random = new SimRandom(seed);
        _trace = new Trace(output);
        _clock = new SimClock(_random.Fork(), _trace);
        _plan = SimPlan.Draw(_random.Fork());
        output?.WriteLine(_plan);
        _model = new CallModel(_plan, _clock, _trace);
        _caller = new SimCaller(_model, _clock);
        _serverServices = new SimServices(isServer: true, _model, _clock, _caller);
        _server = new SimServer(_plan, _clock, _serverServices);
        _network = new SimNetwork(_plan, _clock, _random.Fork(), _trace, c => _server.Accept(c), e => _server.ServeAsync(e));
        _network.Restarting += _ => _server.Restart();
        _client = MakeClient();
        _clientStubs = new SimStubs(null, _client.Get<ISimService>(), _client.Get<ISimLedger>());
        _watch = new SessionWatch(_plan, _model);
    }

    public static async Task<RunResult> RunAsync(ulong seed, TextWriter? output = null)
    {
        var run = new SimRun(seed, output);
        var driver = new Driver(run._clock, run._random.Fork(), run.Look);
        try
        {
            await driver.RunAsync(run.MainAsync).ConfigureAwait(false);
            run.CheckLeaks();
        }
        catch (Exception error)
        {
            run._model.Violate($"{error} Not over: {string.Join("; ", run._model.Unfinished.Take(5))}");
        }

        return run.ToResult(driver.Events);
    }

    private async Task MainAsync()
    {
        SimRandom random = _random.Fork();
        for (int i = 0; i < _plan.Calls; i++)
        {
            CallScript script = CallScript.Draw(random, _plan);
            CallRecord record = _model.Add(i == 0 ? script with { IsUp = true, CancelAfter = null, GivesUpWithAnother = false, Deadline = null } : script);
            TimeSpan at = i == 0 ? TimeSpan.Zero : random.Between(TimeSpan.Zero, _plan.LoadTime);
            _clock.After(at, () => Begin(record, attempt: 0));
        }

        TimeSpan faultsOver = _plan.Outages.Select(o => o.At + o.Time).Append(_plan.FaultsUntil).Append(_plan.LoadTime).Max();
        if (!await EndsWithinAsync(_model.WhenSettledAsync(), faultsOver + Bound).ConfigureAwait(false))
        {
            _model.Violate($"{_model.Unfinished.Count()} calls are not over {Bound} after the last fault: {string.Join("; ", _model.Unfinished.Take(5))}");
        }

        _trace.Add("closing");
        _model.IsClosing = true;
        await CloseAsync(random.Chance(0.7)).ConfigureAwait(false);
        // Work that does not heed its token goes on when its session is over; nobody waits for it but this.
        for (int i = 0; i < 60 && _model.Running > 0; i++)
        {
            await _clock.WaitAsync(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
        }

        if (_plan.Polls)
        {
            // A connection made of exchanges is kept for the next one, for so long.
            await _clock.WaitAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(bool clientFirst)
    {
        Task client = clientFirst ? _client.DisposeAsync().AsTask() : Task.CompletedTask;
        if (!await EndsWithinAsync(client, CloseBound).ConfigureAwait(false))
        {
            _model.Violate($"The client is not closed within {CloseBound}.");
        }

        if (!await EndsWithinAsync(_server.StopAsync(), CloseBound).ConfigureAwait(false))
        {
            _model.Violate($"The server is not closed within {CloseBound}.");
        }

        if (!await EndsWithinAsync(clientFirst ? client : _client.DisposeAsync().AsTask(), CloseBound).ConfigureAwait(false))
        {
            _model.Violate($"The client is not closed within {CloseBound}, after the server.");
        }

        if (!await EndsWithinAsync(Task.WhenAll(_calling), CloseBound).ConfigureAwait(false))
        {
            _model.Violate($"Callers wait {CloseBound} after all is closed: {string.Join("; ", _model.Unfinished.Take(5))}");
        }
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan time)
    {
        using var done = new CancellationTokenSource();
        bool ended = await Task.WhenAny(task, _clock.WaitAsync(time, done.Token)).ConfigureAwait(false) == task;
        await done.CancelAsync().ConfigureAwait(false);
        if (ended)
        {
            await task.ConfigureAwait(false);
        }

        return ended;
    }

    private void Begin(CallRecord record, int attempt)
    {
        if (record.Script.IsUp)
        {
            _calling.Add(_caller.RunAsync(record, _clientStubs with { Session = _client.SessionId }, CancellationToken.None));
        }
        else if (_serverServices.Stubs is { } stubs)
        {
            _calling.Add(_caller.RunAsync(record, stubs, CancellationToken.None));
        }
        else if (attempt < 20)
        {
            // Nobody has called yet who could be called back.
            _clock.After(TimeSpan.FromSeconds(1), () => Begin(record, attempt + 1));
        }
        else
        {
            _model.OnSkipped(record);
        }
    }

    private void Look()
    {
        if (_client.Current is { } current)
        {
            _watch.Look(current);
        }

        foreach (TunnelPeer peer in _server.Peers)
        {
            _watch.Look(peer);
        }
    }

    private void CheckLeaks()
    {
        _watch.CheckEnds();
        int open = _network.Links.Count(l => !l.Client.IsDisposed || !l.Server.IsDisposed);
        if (open > 0)
        {
            _model.Violate($"{open} connections were not disposed.");
        }

        if (_clock.Armed > 0)
        {
            _model.Violate($"{_clock.Armed} timers are still set after all is closed.");
        }

        if (_model.Running > 0)
        {
            _model.Violate($"{_model.Running} implementations still run after all is closed.");
        }
    }

    private TunnelClient MakeClient()
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri("http://simulated.invalid/tunnel"),
            DefaultProxy = null,
            AttemptTimeout = _plan.AttemptTimeout,
            ConnectTimeout = _plan.ConnectTimeout,
            StayConnected = _plan.StaysConnected,
            Random = new Random(_random.Below(int.MaxValue)),
        };
        _plan.Apply(options, _clock);
        options.ResumeWindow = _plan.ResumeWindow.Client;
        options.Transports.Clear();
        foreach (string transport in _plan.Transports)
        {
            options.Transports.Add(new SimTransport(transport, _network));
        }

        if (_plan.Polls)
        {
            options.Transports.Add(new SimPollTransport(_network, _clock, _random.Fork(), _trace));
        }

        var services = new SimServices(isServer: false, _model, _clock, _caller);
        options.Serve<ISimService>(services);
        options.Serve<ISimLedger>(services);
        return new TunnelClient(options);
    }

    private RunResult ToResult(long events) => new(_seed)
    {
        Violations = _model.Violations,
        Hash = _trace.Hash,
        Events = events,
        Calls = _model.Calls.Count,
        Lost = _model.Lost,
        Links = _network.Links.Count,
        Cuts = _network.Links.Count(l => l.WasCut),
        Exchanges = _network.FaultyExchanges,
        Sessions = _watch.Count,
        Tail = [.. _trace.Tail(_model.Violations.Count == 0 ? 0 : 120)],
    };
}
