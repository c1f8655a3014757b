using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Transports;

namespace TunnelRpc.Simulation.Network;

/// <summary>A simulated connection between client and server, with its faults. Used only on the run's single worker thread.</summary>
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

    /// <summary>Whether a fault has broken the link.</summary>
    public bool WasCut { get; private set; }

    /// <summary>How many more bytes may arrive before the link breaks; negative for any number.</summary>
    public long BytesUntilBreak(bool isUp, long delivered) =>
        _faults.BreaksAfterBytes >= 0 && _faults.CountsUpload == isUp ? Math.Max(0, _faults.BreaksAfterBytes - delivered) : -1;

    /// <summary>Breaks the link. Each side detects it as drawn in the link's faults.</summary>
    public void Break() => Break(_faults.Client, _faults.Server);

    /// <summary>Breaks the link. Each side detects it as given.</summary>
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

    /// <summary>
    /// One side has closed. The other side reads the end of the stream or, with a probability of 0.1, gets a reset that drops the bytes in
    /// flight.
    /// </summary>
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

    /// <summary>Breaks the link and reports a reset by the peer to one side.</summary>
    public void Reset(bool client)
    {
        if (!_isBroken)
        {
            _isBroken = true;
            _up.Kill();
            _down.Kill();
            _clock.Schedule(
                _random.Milliseconds(0, 100),
                () => Fail(client ? _down : _up, client ? _up : _down, "The connection was reset by the peer."));
        }
    }

    private void Notify(FailureDetection detection, SimPipe reads, SimPipe writes)
    {
        if (detection == FailureDetection.Immediate)
        {
            Fail(reads, writes, "The link was cut.");
        }
        else if (detection == FailureDetection.Delayed)
        {
            _clock.Schedule(_faults.DetectionDelay, () => Fail(reads, writes, "The link was cut some time ago."));
        }
    }

    private void Fail(SimPipe reads, SimPipe writes, string error)
    {
        reads.FailReader(_faults.AppearsAsEnd ? null : error);
        writes.FailWriter(error);
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
