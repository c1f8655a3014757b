using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>A path between a client and a server, and what becomes of it. The worker's alone.</summary>
internal sealed class SimLink
{
    private readonly SimClock _clock;
    private readonly SimRandom _random;
    private readonly Trace _trace;
    private readonly LinkDoom _doom;
    private readonly SimPipe _up;
    private readonly SimPipe _down;
    private bool _isBroken;

    public SimLink(int number, string transport, LinkQuality quality, LinkDoom doom, SimClock clock, SimRandom random, Trace trace)
    {
        Number = number;
        _clock = clock;
        _random = random;
        _trace = trace;
        _doom = doom;
        _up = new SimPipe(this, isUp: true, quality, clock, random, trace);
        _down = new SimPipe(this, isUp: false, quality, clock, random, trace);
        Client = new SimConnection(this, _down, _up, isClient: true, new TransportConnectionInfo(transport, "server"));
        Server = new SimConnection(this, _up, _down, isClient: false, new TransportConnectionInfo(transport, "client"));
        if (doom.BreaksAt is { } age)
        {
            clock.After(age, Break);
        }

        if (doom.StallsAt is { } stall)
        {
            clock.After(stall, Stall);
        }
    }

    public int Number { get; }

    public SimConnection Client { get; }

    public SimConnection Server { get; }

    /// <summary>Whether a fault has ended it.</summary>
    public bool WasCut { get; private set; }

    /// <summary>How many bytes may still arrive before it breaks; negative for any number.</summary>
    public long BytesUntilBreak(bool isUp, long delivered) =>
        _doom.BreaksAfter >= 0 && _doom.CountsUp == isUp ? Math.Max(0, _doom.BreaksAfter - delivered) : -1;

    /// <summary>It breaks, and each side learns of it as its doom says.</summary>
    public void Break() => Break(_doom.Client, _doom.Server);

    /// <summary>It breaks, and each side learns of it when it is said.</summary>
    public void Break(Notice client, Notice server)
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
        Tell(client, _down, _up);
        Tell(server, _up, _down);
    }

    /// <summary>A side has closed: the other one sees an end or, now and then, a reset that loses what was under way.</summary>
    public void Close(bool byClient)
    {
        (SimPipe reads, SimPipe writes) = byClient ? (_down, _up) : (_up, _down);
        _trace.Add(byClient ? "client closes" : "server closes", Number);
        reads.LeaveReader();
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
            _clock.After(_random.Millis(0, 100), () => Fail(client ? _down : _up, client ? _up : _down, "The connection was reset by the peer."));
        }
    }

    private void Tell(Notice notice, SimPipe reads, SimPipe writes)
    {
        if (notice == Notice.Now)
        {
            Fail(reads, writes, "The link was cut.");
        }
        else if (notice == Notice.Later)
        {
            _clock.After(_doom.LaterBy, () => Fail(reads, writes, "The link was cut some time ago."));
        }
    }

    private void Fail(SimPipe reads, SimPipe writes, string why)
    {
        reads.FailReader(_doom.LooksEnded ? null : why);
        writes.FailWriter(why);
    }

    private void Stall()
    {
        _trace.Add("link stalls", Number, _doom.StallTime.Ticks);
        if (_doom.StallsUp)
        {
            _up.Stall(_doom.StallTime);
        }

        if (_doom.StallsDown)
        {
            _down.Stall(_doom.StallTime);
        }
    }
}
