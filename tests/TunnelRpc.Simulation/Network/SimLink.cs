using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>A path between a client and a server, and what becomes of it. The worker's alone.</summary>
internal sealed class SimLink
{
    private readonly SimClock _clock;
    private readonly SimRandom _random;
    private readonly Trace _trace;
    private readonly LinkFaults _faults;
    private readonly SimPipe _up;
    private readonly SimPipe _down;
    private bool _isBroken;

    public SimLink(int number, string transport, LinkQuality quality, LinkFaults faults, SimClock clock, SimRandom random, Trace trace)
    {
        Number = number;
        _clock = clock;
        _random = random;
        _trace = trace;
        _faults = faults;
        _up = new SimPipe(this, isUp: true, quality, clock, random, trace);
        _down = new SimPipe(this, isUp: false, quality, clock, random, trace);
        Client = new SimConnection(this, _down, _up, isClient: true, new TransportConnectionInfo(transport, "server"));
        Server = new SimConnection(this, _up, _down, isClient: false, new TransportConnectionInfo(transport, "client"));
        if (faults.BreaksAt is { } age)
        {
            clock.Schedule(age, Break);
        }

        if (faults.StallsAt is { } stall)
        {
            clock.Schedule(stall, Stall);
        }
    }

    public int Number { get; }

    public SimConnection Client { get; }

    public SimConnection Server { get; }

    /// <summary>Whether a fault has ended it.</summary>
    public bool WasCut { get; private set; }

    /// <summary>How many bytes may still arrive before it breaks; negative for any number.</summary>
    public long BytesUntilBreak(bool isUp, long delivered) =>
        _faults.BreaksAfterBytes >= 0 && _faults.CountsUpload == isUp ? Math.Max(0, _faults.BreaksAfterBytes - delivered) : -1;

    /// <summary>It breaks, and each side learns of it as its doom says.</summary>
    public void Break() => Break(_faults.Client, _faults.Server);

    /// <summary>It breaks, and each side learns of it when it is said.</summary>
    public void Break(FailureDetection client, FailureDetection server)
    {
        if (_isBroken || (Client.IsDisposed && Server.IsDisposed))
        {
            return;
        }

        _isBroken = true;
        WasCut = true;
        _trace.Add("link breaks", Number, (long)client, (long)server);
        _up.Kill();
        _down.Kill();
        Notify(client, _down, _up);
        Notify(server, _up, _down);
    }

    /// <summary>A side has closed: the other one sees an end or, now and then, a reset that loses what was under way.</summary>
    public void Close(bool byClient)
    {
        (SimPipe reads, SimPipe writes) = byClient ? (_down, _up) : (_up, _down);
        _trace.Add(byClient ? "client closes" : "server closes", Number);
        reads.CloseReader();
        writes.FailWriter("The connection is closed on this side.");
        if (_random.Chance(0.1))
        {
            Reset(!byClient);
        }
        else
        {
            writes.Finish();
        }
    }

    /// <summary>A side is told that its peer takes nothing any more.</summary>
    public void Reset(bool client)
    {
        if (!_isBroken)
        {
            _isBroken = true;
            _up.Kill();
            _down.Kill();
            _clock.Schedule(_random.Milliseconds(0, 100), () => Fail(client ? _down : _up, client ? _up : _down, "The connection was reset by the peer."));
        }
    }

    private void Notify(FailureDetection notice, SimPipe reads, SimPipe writes)
    {
        if (notice == FailureDetection.Immediate)
        {
            Fail(reads, writes, "The link was cut.");
        }
        else if (notice == FailureDetection.Delayed)
        {
            _clock.Schedule(_faults.DetectionDelay, () => Fail(reads, writes, "The link was cut some time ago."));
        }
    }

    private void Fail(SimPipe reads, SimPipe writes, string why)
    {
        reads.FailReader(_faults.AppearsAsEnd ? null : why);
        writes.FailWriter(why);
    }

    private void Stall()
    {
        _trace.Add("link stalls", Number, _faults.StallDuration.Ticks);
        if (_faults.StallsUp)
        {
            _up.Stall(_faults.StallDuration);
        }

        if (_faults.StallsDown)
        {
            _down.Stall(_faults.StallDuration);
        }
    }
}
