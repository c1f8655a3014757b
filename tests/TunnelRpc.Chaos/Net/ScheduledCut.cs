using System.Diagnostics;

namespace TunnelRpc.Chaos.Net;

/// <summary>A cut that is to come, at a byte of one direction, of all connections that are open when it was ordered. Thread-safe.</summary>
/// <param name="kind">How.</param>
/// <param name="up">Whether the bytes to the server are counted; else those to the client.</param>
/// <param name="afterBytes">How many bytes pass before it.</param>
/// <param name="connections">What is cut.</param>
/// <param name="onDone">Told once, before the first connection breaks.</param>
internal sealed class ScheduledCut(CutKind kind, bool up, long afterBytes, IReadOnlyCollection<RelayedConnection> connections, Action<CutKind> onDone)
{
    private long _remaining = afterBytes;
    private int _done;

    /// <summary>Whether there is anything to cut.</summary>
    public bool IsEmpty => connections.Count == 0;

    /// <summary>How many of <paramref name="bytes"/> still pass; when that is not all of them, the cut is to be made then.</summary>
    public int Pass(bool isUp, int bytes) =>
        isUp == up ? (int)Math.Clamp(Interlocked.Add(ref _remaining, -bytes) + bytes, 0, bytes) : bytes;

    /// <summary>Cuts now; the first time only.</summary>
    public void Execute()
    {
        if (Interlocked.Exchange(ref _done, 1) != 0)
        {
            return;
        }

        onDone(kind);
        foreach (RelayedConnection connection in connections)
        {
            connection.Break(kind);
        }
    }
}
