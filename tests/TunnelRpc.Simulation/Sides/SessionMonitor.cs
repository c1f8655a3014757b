using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Simulation.Model;

namespace TunnelRpc.Simulation.Sides;

/// <summary>Looks at every session after each event: what it holds must be bounded, and gone when it is over. The worker's alone.</summary>
internal sealed class SessionMonitor(SimPlan plan, CallModel model)
{
    /// <summary>What may be written past the limit: a fragment of a message that had begun, one of a small message, and their heads.</summary>
    private const int MaxOvershootBytes = 2 * (Frame.MaxFragmentSize + 64);

    /// <summary>What control frames may add in a run: far less than MaxControlBacklog, which is what ends a session.</summary>
    private const int MaxControlFrameBytes = 64 << 10;

    private readonly HashSet<TunnelPeer> _seen = [];

    /// <summary>How many sessions there were, counted on both sides.</summary>
    public int Count => _seen.Count;

    /// <summary>The most that a session held to be sent again.</summary>
    public long MaxUnacknowledged { get; private set; }

    public void Check(TunnelPeer peer)
    {
        _seen.Add(peer);
        long held = peer.Session.Writer.UnacknowledgedBytes;
        MaxUnacknowledged = Math.Max(MaxUnacknowledged, held);
        if (held > plan.MaxUnacknowledgedBytes + MaxOvershootBytes + MaxControlFrameBytes)
        {
            model.AddViolation($"A session holds {held} bytes that are not acknowledged, with a MaxUnacknowledgedBytes of {plan.MaxUnacknowledgedBytes}.");
        }
    }

    /// <summary>Once everything is closed.</summary>
    public void CheckAllEnded()
    {
        foreach (TunnelPeer peer in _seen)
        {
            Multiplexer multiplexer = peer.Multiplexer;
            if (!peer.Completion.IsCompleted || multiplexer.OpenStreamCount + multiplexer.QueuedMessageCount + multiplexer.WaitingCallCount + multiplexer.IncomingCalls.Count > 0)
            {
                model.AddViolation(
                    $"A session of the {(peer.Parameters.IsClient ? "client" : "server")} is closed and {(peer.Completion.IsCompleted ? "complete" : "not complete")}, with {multiplexer.OpenStreamCount} open streams, "
                    + $"{multiplexer.QueuedMessageCount} queued messages, {multiplexer.WaitingCallCount} waiting calls and {multiplexer.IncomingCalls.Count} running ones.");
            }
        }
    }
}
