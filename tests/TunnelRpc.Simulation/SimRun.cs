using TunnelRpc.Calls;
using TunnelRpc.Client;
using TunnelRpc.Simulation.Model;
using TunnelRpc.Simulation.Network;
using TunnelRpc.Simulation.Network.Exchanges;
using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Sides;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation;

/// <summary>
/// One run: a client, a server, their links and their calls, from the first connect until both sides are closed. Used only on the run's
/// single worker thread.
/// </summary>
internal sealed class SimRun
{
    /// <summary>All calls must have ended within this time after the last fault and the start of the last call.</summary>
    private static readonly TimeSpan CompletionTimeout = TimeSpan.FromMinutes(10);

    /// <summary>How long closing may take while handlers run that ignore their cancellation tokens.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromMinutes(3);

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
    private readonly SessionMonitor _monitor;
    private readonly SimStubs _clientStubs;
    private readonly List<Task> _calls = [];

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
        _client = CreateClient();
        _clientStubs = new SimStubs(null, _client.Get<ISimService>(), _client.Get<ISimLedger>());
        _monitor = new SessionMonitor(_plan, _model);
    }

    public static async Task<RunResult> RunAsync(ulong seed, TextWriter? output = null)
    {
        var run = new SimRun(seed, output);
        CallChain.IdSource = run._random.Fork().Next;
        var driver = new Driver(run._clock, run._random.Fork(), run.CheckInvariants);
        try
        {
            await driver.RunAsync(run.MainAsync).ConfigureAwait(false);
            run.CheckLeaks();
        }
        catch (Exception error)
        {
            run._model.AddViolation($"{error} Unfinished calls: {string.Join("; ", run._model.UnfinishedCalls.Take(5))}");
        }

        return run.ToResult(driver.Events);
    }

    private async Task MainAsync()
    {
        SimRandom random = _random.Fork();
        for (int i = 0; i < _plan.Calls; i++)
        {
            CallScript script = CallScript.Draw(random, _plan);
            CallRecord record = _model.Add(i == 0
                ? script with { IsFromClient = true, CancelAfter = null, CancelsWithAnother = false, Timeout = null }
                : script);
            TimeSpan at = i == 0 ? TimeSpan.Zero : random.Between(TimeSpan.Zero, _plan.LoadDuration);
            _clock.Schedule(at, () => StartCall(record, attempt: 0));
        }

        TimeSpan lastFaultEnd = _plan.Outages
            .Select(o => o.StartsAt + o.Duration)
            .Append(_plan.LastFaultAt)
            .Append(_plan.LoadDuration)
            .Max();
        if (!await CompletesWithinAsync(_model.WhenSettledAsync(), lastFaultEnd + CompletionTimeout).ConfigureAwait(false))
        {
            _model.AddViolation(
                $"{_model.UnfinishedCalls.Count()} calls have not ended {CompletionTimeout} after the last fault: "
                + string.Join("; ", _model.UnfinishedCalls.Take(5)));
        }

        _trace.Add("closing");
        _model.IsClosing = true;
        await CloseAsync(random.Chance(0.7)).ConfigureAwait(false);
        // A handler that ignores its cancellation token still runs after its session has ended. Only this loop waits for it.
        for (int i = 0; i < 60 && _model.RunningHandlers > 0; i++)
        {
            await _clock.WaitAsync(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
        }

        if (_plan.UsesLongPoll)
        {
            // A LegConnection waits for its next exchange until its DetachedTimeout (30 s), and a duplicated request is aborted after a
            // minute.
            await _clock.WaitAsync(TimeSpan.FromMinutes(2)).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(bool clientFirst)
    {
        Task client = clientFirst ? _client.DisposeAsync().AsTask() : Task.CompletedTask;
        if (!await CompletesWithinAsync(client, CloseTimeout).ConfigureAwait(false))
        {
            _model.AddViolation($"The client did not close within {CloseTimeout}.");
        }

        if (!await CompletesWithinAsync(_server.StopAsync(), CloseTimeout).ConfigureAwait(false))
        {
            _model.AddViolation($"The server did not close within {CloseTimeout}.");
        }

        if (!await CompletesWithinAsync(clientFirst ? client : _client.DisposeAsync().AsTask(), CloseTimeout).ConfigureAwait(false))
        {
            _model.AddViolation($"The client did not close within {CloseTimeout} after the server.");
        }

        if (!await CompletesWithinAsync(Task.WhenAll(_calls), CloseTimeout).ConfigureAwait(false))
        {
            _model.AddViolation(
                $"Callers still wait {CloseTimeout} after client and server have closed: "
                + string.Join("; ", _model.UnfinishedCalls.Take(5)));
        }
    }

    private async Task<bool> CompletesWithinAsync(Task task, TimeSpan time)
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

    private void StartCall(CallRecord record, int attempt)
    {
        if (record.Script.IsFromClient)
        {
            _calls.Add(_caller.RunAsync(record, _clientStubs with { Session = _client.SessionId }, CancellationToken.None));
        }
        else if (_serverServices.Stubs is { } stubs)
        {
            _calls.Add(_caller.RunAsync(record, stubs, CancellationToken.None));
        }
        else if (attempt < 20)
        {
            // The server has no session to call back on until the client has called.
            _clock.Schedule(TimeSpan.FromSeconds(1), () => StartCall(record, attempt + 1));
        }
        else
        {
            _model.OnSkipped(record);
        }
    }

    private void CheckInvariants()
    {
        if (_client.CurrentPeer is { } current)
        {
            _monitor.Check(current);
        }

        foreach (TunnelPeer peer in _server.Peers)
        {
            _monitor.Check(peer);
        }
    }

    private void CheckLeaks()
    {
        _monitor.CheckAllEnded();
        int open = _network.Links.Count(l => !l.Client.IsDisposed || !l.Server.IsDisposed);
        if (open > 0)
        {
            _model.AddViolation($"{open} connections were not disposed.");
        }

        if (_clock.ArmedTimers > 0)
        {
            _model.AddViolation($"{_clock.ArmedTimers} timers are still armed after client and server have closed.");
        }

        if (_model.RunningHandlers > 0)
        {
            _model.AddViolation($"{_model.RunningHandlers} handlers still run after client and server have closed.");
        }
    }

    private TunnelClient CreateClient()
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

        if (_plan.UsesLongPoll)
        {
            options.Transports.Add(new SimLongPollTransport(_network, _clock, _random.Fork(), _trace));
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
        LostCalls = _model.LostCalls,
        Links = _network.Links.Count,
        Cuts = _network.Links.Count(l => l.WasCut),
        FaultyExchanges = _network.FaultyExchanges,
        Sessions = _monitor.Count,
        TraceTail = [.. _trace.Tail(_model.Violations.Count == 0 ? 0 : 120)],
    };
}
