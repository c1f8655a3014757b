using TunnelRpc.Calls;
using TunnelRpc.Multiplexing;
using TunnelRpc.Simulation.Model;

namespace TunnelRpc.Simulation.Sides;

/// <summary>
/// Checks every session after each event: its buffered bytes must be bounded, and nothing of it may remain after its end. Used only on the
/// run's single worker thread.
/// </summary>
internal sealed class SessionMonitor(SimPlan plan, CallModel model)
{
    /// <summary>
    /// The bytes that may be appended beyond MaxUnacknowledgedBytes: a fragment of a message that was started before, a small message, and
    /// the headers of both.
    /// </summary>
    private const int MaxOvershootBytes = 2 * (Frame.MaxFragmentSize + 64);

    /// <summary>The bytes that control frames may add in a run. They are far below MaxControlBacklog, at which a session ends.</summary>
    private const int MaxControlFrameBytes = 64 << 10;

    private readonly HashSet<TunnelPeer> _seen = [];

    /// <summary>The number of sessions, counted on both sides.</summary>
    public int Count => _seen.Count;

    /// <summary>The largest number of unacknowledged bytes of a session.</summary>
    public long MaxUnacknowledged { get; private set; }

    public void Check(TunnelPeer peer)
    {
        _seen.Add(peer);
        long unacknowledged = peer.Session.Writer.UnacknowledgedBytes;
        MaxUnacknowledged = Math.Max(MaxUnacknowledged, unacknowledged);
        if (unacknowledged > plan.MaxUnacknowledgedBytes + MaxOvershootBytes + MaxControlFrameBytes)
        {
            model.AddViolation(
                $"A session has {unacknowledged} unacknowledged bytes, with a MaxUnacknowledgedBytes of {plan.MaxUnacknowledgedBytes}.");
        }
    }

    /// <summary>Checks that all sessions have ended and nothing of them remains. Called after client and server have closed.</summary>
    public void CheckAllEnded()
    {
        foreach (TunnelPeer peer in _seen)
        {
            Multiplexer multiplexer = peer.Multiplexer;
            int remaining = multiplexer.OpenStreamCount + multiplexer.QueuedMessageCount + multiplexer.WaitingCallCount
                + multiplexer.IncomingCalls.Count;
            if (!peer.Completion.IsCompleted || remaining > 0)
            {
                model.AddViolation(
                    $"A session of the {(peer.Parameters.IsClient ? "client" : "server")} is closed. Its Completion is "
                    + $"{(peer.Completion.IsCompleted ? "completed" : "not completed")}, and it has "
                    + $"{multiplexer.OpenStreamCount} open streams, {multiplexer.QueuedMessageCount} queued messages, "
                    + $"{multiplexer.WaitingCallCount} waiting calls and {multiplexer.IncomingCalls.Count} incoming calls.");
            }
        }
    }
}
