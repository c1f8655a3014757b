using System.Runtime.CompilerServices;
using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Simulation.Model;

namespace TunnelRpc.Simulation.Sides;

/// <summary>Looks at every session after each event: what it holds must be bounded, and gone when it is over. The worker's alone.</summary>
internal sealed class SessionWatch(SimPlan plan, CallModel model)
{
    /// <summary>What may be written past the limit: a fragment of a message that had begun, one of a small message, and their heads.</summary>
    private const int Overshoot = 2 * (Frame.FragmentSize + 64);

    /// <summary>What control frames may add in a run: far less than MaxControlBacklog, which is what ends a session.</summary>
    private const int ControlFrames = 64 << 10;

    private readonly HashSet<TunnelPeer> _seen = [];

    /// <summary>How many sessions there were, counted on both sides.</summary>
    public int Count => _seen.Count;

    /// <summary>The most that a session held to be sent again.</summary>
    public long MostHeld { get; private set; }

    public void Look(TunnelPeer peer)
    {
        _seen.Add(peer);
        long held = Output(peer.Carrier).Buffer.Unacked;
        MostHeld = Math.Max(MostHeld, held);
        if (held > plan.ReplayLimit + Overshoot + ControlFrames)
        {
            model.Violate($"A session holds {held} bytes that are not acknowledged, with a ReplayLimit of {plan.ReplayLimit}.");
        }
    }

    /// <summary>Once everything is closed.</summary>
    public void CheckEnds()
    {
        foreach (TunnelPeer peer in _seen)
        {
            Multiplexer multiplexer = peer.Multiplexer;
            if (!peer.Completion.IsCompleted || multiplexer.OpenStreams + multiplexer.QueuedMessages + multiplexer.WaitingCalls + multiplexer.Running.Count > 0)
            {
                model.Violate(
                    $"A session of the {(peer.Info.IsClient ? "client" : "server")} is closed and {(peer.Completion.IsCompleted ? "complete" : "not complete")}, with {multiplexer.OpenStreams} open streams, "
                    + $"{multiplexer.QueuedMessages} queued messages, {multiplexer.WaitingCalls} waiting calls and {multiplexer.Running.Count} running ones.");
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_output")]
    private static extern ref SessionOutput Output(TunnelSession session);
}
